// Choosing the model that answers, for operators. `panel()` is put into the status popover, null for nothing.
export function start() {}
export function panel() { return null; }
