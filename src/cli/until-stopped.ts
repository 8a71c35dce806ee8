/** Resolves at Ctrl-C or SIGTERM. A second Ctrl-C ends the process at once, as people expect. */
export function untilStopped(): Promise<void> {
  return new Promise((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
}
