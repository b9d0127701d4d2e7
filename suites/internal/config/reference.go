package config

// Entry is a key of ginkgo.yml, or a variable of the environment, in the reference.
type Entry struct {
	Name    string
	Default string // as it would be written; empty for none
	Meaning string
}

// Keys are all keys of ginkgo.yml, in the order in which a file has them. NAME stands for the name of a target.
func Keys() []Entry {
	return []Entry{
		{"target", "", "the target of a run that names none"},
		{"targets", "", "the targets, by name"},
		{"targets.NAME.embedded", "false", "the target is the mock, served in process: it needs no connection"},
		{"targets.NAME.url", "", "scheme and host of the data center; the suite adds `/api/2`"},
		{"targets.NAME.client_id", "", "id of an API client of a partner tenant"},
		{"targets.NAME.client_secret", "", "secret of that client"},
		{"targets.NAME.expired_token", "",
			"a token that has expired, for specs of 401; a run keeps its own for the next one"},
		{"targets.NAME.fault_header", "", "name of the request header that a service mesh answers with a 50x"},
		{"targets.NAME.ca_file", "", "path of a PEM file with authorities to trust besides the system's"},
		{"targets.NAME.allow", "[read]", "what the suite may do: `[read]` or `[read, write]`"},
		{"targets.NAME.production", "false", "write only where ACRONIS_ALLOW_PRODUCTION_WRITES names the host"},
		{"targets.NAME.rate", "10/s", "requests per second, minute or hour; the mock has no limit"},
		{"targets.NAME.concurrency", "4", "requests in flight at most; with 1 they come in the order of the seed; the mock has no limit"},
		{"targets.NAME.budget", "20000", "requests in a run at most; the mock has no limit"},
		{"targets.NAME.strict", "false", "what HTTP in general asks counts as well"},
		{"targets.NAME.assumed", "lenient", "`strict`: what is only assumed must be met as well"},
		{"targets.NAME.known_deviations", "report",
			"`fail`: what the live service is publicly known for counts as well"},
		{"timeouts.attempt", "10s", "one HTTP attempt, to the last byte of the answer"},
		{"timeouts.spec", "1m", "one spec, without waiting for the rate"},
		{"timeouts.world", "3m", "the set-up"},
		{"timeouts.cleanup", "2m", "the clean-up"},
		{"timeouts.settle", "5s", "until reads of a live target show what was written"},
		{"retry.repeats", "2", "repeats after a 50x, from 0 to 2"},
		{"retry.min", "1s", "the shortest pause before a repeat, from 1s to 2s"},
		{"retry.max", "2s", "the longest pause before a repeat, from 1s to 2s"},
		{"contract", "", "path of an OpenAPI document in place of the built-in one"},
		{"gate.asserted", "0.85", "least share of reference cells asserted, from 0 to 1"},
		{"gate.inconclusive", "60", "most reference cells inconclusive"},
		{"gate.transient", "10", "most 50x that went away after a repeat"},
		{"gate.set_aside", "40", "most reference cells not counted because the token names no role that is enough"},
		{"gate.accepted", "150", "most requests that are served though nothing documents a rejection"},
		{"gate.leftovers", "0", "most objects left behind"},
		{"notify.webhook", "",
			"address that takes a POST of `{\"text\": \"...\"}` after every full run on a live target"},
	}
}

// Variables are the variables of the environment that the command and the shipped ginkgo.yml read.
func Variables() []Entry {
	return []Entry{
		{EnvTarget, "", "the target, unless `-target` names it"},
		{"ACRONIS_DATACENTER_URL", "", "`url` of the target staging"},
		{"ACRONIS_CLIENT_ID", "", "`client_id` of the target staging"},
		{"ACRONIS_CLIENT_SECRET", "", "`client_secret` of the target staging"},
		{"ACRONIS_EXPIRED_TOKEN", "", "`expired_token` of the target staging"},
		{"ACRONIS_FAULT_HEADER", "", "`fault_header` of the target staging"},
		{"ACRONIS_CA_FILE", "", "`ca_file` of the target staging"},
		{"ACRONIS_WEBHOOK", "", "`notify.webhook`"},
		{"GOGC, GOMEMLIMIT", "", "how a run collects garbage, as for every program in Go"},
		{EnvProductionWrites, "", "the one production host that may be written to"},
		{"CONFIRM", "", "`yes` lets sweep delete"},
		{"CI", "", "set: no progress is shown on a terminal"},
		{"COLUMNS", "80", "width of the terminal"},
		{"GITHUB_ACTIONS", "", "set: the faults are written as annotations, too"},
		{"NO_COLOR", "", "set: no colors"},
		{"TERM", "", "`dumb`: no colors"},
		{"HTTPS_PROXY, HTTP_PROXY, NO_PROXY", "", "the proxy, as for other programs"},
		{"TMPDIR", "/tmp", "directory for temporary files"},
	}
}
