package redact

import "errors"

// Error returns err with a redacted text. errors.Is and errors.As find in it what they find in err. An err whose text holds no secret
// is returned as it is.
func (r *Redactor) Error(err error) error {
	if err == nil {
		return nil
	}
	text := r.String(err.Error())
	if text == err.Error() {
		return err
	}
	return &redacted{
		text: text,
		is:   func(target error) bool { return errors.Is(err, target) },
		as:   func(target any) bool { return errors.As(err, target) },
	}
}

// redacted holds its cause in functions only: printers that look into fields, as gomega's failure messages do, find no secret there.
type redacted struct {
	text string
	is   func(error) bool
	as   func(any) bool
}

func (e *redacted) Error() string        { return e.text }
func (e *redacted) Is(target error) bool { return e.is(target) }
func (e *redacted) As(target any) bool   { return e.as(target) }
