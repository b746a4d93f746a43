"""The grammar of the language and its syntax messages, as files."""
