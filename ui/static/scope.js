// Which documents are searched.
export function start() {}
