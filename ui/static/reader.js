// The reader: the cited page beside the answer.

// Called once, when the page's frame is there.
export function start() {}

// Show a source of a turn, marked: `source` is one of `turnSources`, all sources of that turn (see ui/chat.py).
// `refocus: true` when a reader asked for it, who then is taken there by keyboard.
export function open(source, turnSources, { refocus = false } = {}) {}

export function close() {}
