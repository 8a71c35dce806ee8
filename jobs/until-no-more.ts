/** Batch after batch. A run that is told to stop in between is not done: it goes on after the next start. */
export async function untilNoMore(signal: AbortSignal, batch: () => Promise<{ more: boolean }>): Promise<void> {
  do signal.throwIfAborted()
  while ((await batch()).more)
}
