import { execFile } from 'node:child_process'
import type { Log } from '../log.ts'

/** Longer than systemd-notify takes on the slowest card; then it hangs, and systemd will say so when the start times out. */
const TELL_MS = 30_000

/**
 * Tells systemd that the daemon serves (sd_notify READY=1); does nothing when the unit does not wait for it.
 * Node has no unix datagram sockets, so systemd's own program says it: docs/decisions/0004-service-readiness.md.
 */
export function reportReady(environment: NodeJS.ProcessEnv, log: Log): void {
  const { NOTIFY_SOCKET, PATH } = environment
  if (NOTIFY_SOCKET === undefined) return
  const options = { env: { NOTIFY_SOCKET, PATH }, timeout: TELL_MS }
  execFile('systemd-notify', ['--ready'], options, (error) => {
    if (error) log.warn({ err: error }, 'systemd was not told that the daemon is ready')
  })
}
