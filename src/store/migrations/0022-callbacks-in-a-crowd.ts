/** Callbacks that were answered in a crowd and have not been looked into. */
export const callbacksInACrowd = `
CREATE INDEX callback_inbox_waiting ON callback_inbox (id) WHERE outcome = 'waiting';
`
