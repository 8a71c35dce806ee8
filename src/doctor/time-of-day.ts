import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { timeAt } from '../http-date.ts'
import { localTime } from '../local-time.ts'
import { type Finding, findingsAbout } from './finding.ts'

/** TLS, M-PESA's timestamps and the end of what was sold bear so much. */
const MOST_OFF_MS = 60_000
const ANSWER_MS = 10_000

const clock = findingsAbout('clock')
const setClock = 'Let the network set it: `timedatectl set-ntp true`; on a box without a battery add a clock module.'

interface Watches {
  nowMs: number
  timeZone: string
  /** Of the newest fact in the journal. */
  lastFactAtMs: number | undefined
  /** A server whose answers carry the time. */
  timeUrl: string | undefined
}

/** Three watches beside ours: what was written last, the machine's own word, and a server's answer. */
export async function lookAtClock({ nowMs, timeZone, lastFactAtMs, timeUrl }: Watches): Promise<Finding[]> {
  const now = localTime(nowMs, timeZone)
  if (lastFactAtMs !== undefined && lastFactAtMs - nowMs > MOST_OFF_MS) {
    const last = localTime(lastFactAtMs, timeZone)
    return [clock.wrong(`It shows ${now}, and something was recorded at ${last} already.`, setClock)]
  }
  const [synchronized, serverAtMs] = await Promise.all([isSynchronized(), timeUrl && timeAt(timeUrl)])
  if (serverAtMs && Math.abs(serverAtMs - Date.now()) > MOST_OFF_MS) {
    const seconds = Math.round((Date.now() - serverAtMs) / 1000)
    const how = seconds > 0 ? 'ahead of' : 'behind'
    return [clock.wrong(`It is ${Math.abs(seconds)} s ${how} ${new URL(timeUrl ?? '').hostname}.`, setClock)]
  }
  if (synchronized === false && !serverAtMs) return [clock.wrong('Nothing has set it since the start.', setClock)]
  return [clock.well(`It shows ${now} (${timeZone}).`)]
}

/** Undefined where systemd does not keep the time. */
async function isSynchronized(): Promise<boolean | undefined> {
  try {
    const words = ['show', '--property=NTPSynchronized', '--value']
    const { stdout } = await promisify(execFile)('timedatectl', words, { timeout: ANSWER_MS })
    return stdout.trim() === '' ? undefined : stdout.trim() === 'yes'
  } catch {
    return undefined
  }
}
