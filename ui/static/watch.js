// The watch view, for operators.
export function start() {}
export function show() {}
export function hide() {}
