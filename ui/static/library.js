// The library's view. `show()` is called each time that it comes into view, `hide()` when it goes.
export function start() {}
export function show() {}
export function hide() {}
