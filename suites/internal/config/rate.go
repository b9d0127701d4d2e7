package config

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Rate is a number of requests per second, minute or hour. The zero value sets no limit.
type Rate struct {
	Requests int
	Per      time.Duration
}

var units = []struct {
	name string
	per  time.Duration
}{{"s", time.Second}, {"m", time.Minute}, {"h", time.Hour}}

// ParseRate reads a rate such as 10/s, 600/m or 5000/h.
func ParseRate(text string) (Rate, error) {
	count, unit, _ := strings.Cut(text, "/")
	requests, err := strconv.ParseUint(count, 10, 31)
	if err == nil && requests > 0 {
		for _, u := range units {
			if u.name == unit {
				return Rate{Requests: int(requests), Per: u.per}, nil
			}
		}
	}
	return Rate{}, fmt.Errorf(
		"%q is not a rate: write requests per second, minute or hour, such as 10/s, 600/m or 5000/h", text)
}

// Limited reports whether the rate sets a limit.
func (r Rate) Limited() bool { return r.Requests > 0 }

// PerSecond is the rate as golang.org/x/time/rate counts it; 0 where there is no limit.
func (r Rate) PerSecond() float64 {
	if !r.Limited() {
		return 0
	}
	return float64(r.Requests) / r.Per.Seconds()
}

// Interval is the time between two requests; 0 where there is no limit.
func (r Rate) Interval() time.Duration {
	if !r.Limited() {
		return 0
	}
	return r.Per / time.Duration(r.Requests)
}

// String writes the rate as ParseRate reads it; empty where there is no limit.
func (r Rate) String() string {
	for _, u := range units {
		if r.Limited() && u.per == r.Per {
			return strconv.Itoa(r.Requests) + "/" + u.name
		}
	}
	return ""
}
