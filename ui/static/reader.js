// The reader: the cited page beside the answer.

// Called once, when the page's frame is there.
export function start() {}

// Show a source of a turn, marked. `source` is one of `turnSources`, all sources of that turn:
//   { number, document, name, version, page, label, heading, title, text, similarity, words: found by keyword only,
//     sure: percent if it was read from a picture, boxes: [[page, left, top, right, bottom], …] of the passage in points
//     from the page's top left (faint), cited: [{ n, text, boxes, doubtful }, …] its cited units (strong; n counts the
//     answer's citations), outdated: whether the document was replaced since,
//     question: the turn's question, turn: its id, conversation, state: of the answer ("refused": mark nothing) }
// `citation` is the n of the citation that was chosen, -1 for the source as a whole.
// An open reader sets document.documentElement.dataset.reader = "open" (the grid of page.css); main.js's `go` changes views;
// `chat.askAgain(turn)` asks a turn's question again.
// `refocus: true` when a reader asked for it, who then is taken there by keyboard.
export function open(source, turnSources, { citation = -1, refocus = false } = {}) {}

export function close() {}
