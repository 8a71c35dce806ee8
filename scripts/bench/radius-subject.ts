import { readFileSync } from 'node:fs'

/** A RADIUS server under load, on the first core. */
export interface RadiusSubject {
  readonly name: string
  readonly authPort: number
  readonly acctPort: number
  /** Of all its threads since it started, user and system. */
  cpuSeconds(): number
  stop(): Promise<void>
}

const TICKS_PER_SECOND = 100

export function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND
}
