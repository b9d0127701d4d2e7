package redact

import "errors"

// maxError is how much of an error's text is shown: net/http quotes whole lines of an answer that is none.
const maxError = 16 << 10

// Error returns err with a redacted text, of which it shows the beginning where it is very long. errors.Is and
// errors.As find in it what they find in err. An err whose text holds no secret is returned as it is.
func (r *Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	text := r.beginning(err.Error(), maxError)
	if text == err.Error() {
		return err
	}
	return &redacted{
		text: text,
		is:   func(target error) bool { return errors.Is(err, target) },
		as:   func(target any) bool { return errors.As(err, target) },
	}
}

// redacted holds its cause in functions only: printers that look into fields, as gomega's failure messages do, find
// no secret there.
type redacted struct {
	text string
	is   func(error) bool
	as   func(any) bool
}

func (e *redacted) Error() string        { return e.text }
func (e *redacted) Is(target error) bool { return e.is(target) }
func (e *redacted) As(target any) bool   { return e.as(target) }
