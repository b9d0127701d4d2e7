package contract_test

// version of the suite, as reports and the User-Agent name it.
const version = "0.1.0"
