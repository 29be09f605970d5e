// Questions and answers.
export function start() {}
export async function show(conversation) {}
