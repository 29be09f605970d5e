// The list of conversations.
export function start() {}
