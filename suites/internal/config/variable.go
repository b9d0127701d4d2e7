package config

import (
	"regexp"
	"strings"
)

var variable = regexp.MustCompile(`\$\{([^}]*)\}?`)

var variableName = regexp.MustCompile(`^\$\{[A-Za-z_][A-Za-z0-9_]*\}$`)

// checkVariables finds misspelt variables, without resolving any: a target that is not selected needs no environment.
func checkVariables(d *document, e entry, text string) {
	for _, reference := range variable.FindAllString(text, -1) {
		if !variableName.MatchString(reference) {
			d.fail(e, "holds a variable that is not written as ${NAME}: use letters, digits and _ between the braces")
		}
	}
}

// expand resolves the variables of a text. The second result names the first variable that is unset or empty; CI
// systems set a secret that they do not have to the empty text, so both are one.
func expand(text string, env func(string) (string, bool)) (value, missing string) {
	value = variable.ReplaceAllStringFunc(text, func(reference string) string {
		name := strings.Trim(reference, "${}")
		found, _ := env(name)
		if found == "" && missing == "" {
			missing = name
		}
		return found
	})
	return value, missing
}
