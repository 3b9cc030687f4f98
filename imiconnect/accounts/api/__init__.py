"""The REST interface of groups and teams."""
