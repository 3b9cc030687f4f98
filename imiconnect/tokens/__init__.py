"""API tokens: keys of the REST interface, with scopes, for one organization."""
