"""The language of the domain: values, identifiers, errors. No input or output and no third-party package."""
