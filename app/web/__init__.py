"""HTTP and command-line pieces every feature shares: inputs, errors, headers, the API object."""
