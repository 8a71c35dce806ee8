/** Works batch after batch until there is no more. A run that is told to stop in between goes on after the next start. */
export async function untilNoMore(signal: AbortSignal, batch: () => Promise<{ more: boolean }>): Promise<void> {
  do signal.throwIfAborted()
  while ((await batch()).more)
}
