import { readdirSync, readFileSync, statfsSync, statSync } from 'node:fs'
import { cpus, loadavg, totalmem, uptime } from 'node:os'
import { join } from 'node:path'

/** How the box itself fares. */
export interface MachineSample {
  /** Of all cores, since the sample before; since the start of the box in the first. Null where a sandbox hides it. */
  cpuPercent: number | null
  /** Of one core, by all threads of the daemon, since the sample before. */
  daemonCpuPercent: number
  load1: number
  memoryTotalBytes: number
  /** What programs can still get, caches that would be given back included. Null where a sandbox hides it. */
  memoryAvailableBytes: number | null
  /** Of the whole daemon. */
  rssBytes: number
  diskTotalBytes: number
  diskFreeBytes: number
  databaseBytes: number
  walBytes: number
  /** The hottest sensor; null where there is none. */
  temperatureCelsius: number | null
  uptimeSeconds: number
}

/** Looks at the machine; each call measures the time since the one before. `system` is where /proc and /sys are, for tests. */
export function openMachineProbe(files: {
  databaseFile: string
  dataDir: string
  system?: string
}): () => MachineSample {
  const { databaseFile, dataDir, system = '/' } = files
  let box = { busyMs: 0, totalMs: 0 }
  let daemon = { busyMs: 0, totalMs: 0 }
  return () => {
    const [boxBefore, daemonBefore] = [box, daemon]
    box = boxTimes()
    daemon = daemonTimes()
    const disk = statfsSync(dataDir)
    return {
      cpuPercent: percentOf(boxBefore, box),
      daemonCpuPercent: percentOf(daemonBefore, daemon) ?? 0,
      load1: Math.round((loadavg()[0] ?? 0) * 100) / 100,
      memoryTotalBytes: totalmem(),
      memoryAvailableBytes: availableBytes(system),
      rssBytes: process.memoryUsage.rss(),
      diskTotalBytes: disk.blocks * disk.bsize,
      diskFreeBytes: disk.bavail * disk.bsize,
      // Only looked at by name: opening the file a second time and closing it would drop SQLite's locks.
      databaseBytes: sizeOf(databaseFile),
      walBytes: sizeOf(`${databaseFile}-wal`),
      temperatureCelsius: temperature(system),
      uptimeSeconds: Math.round(uptime()),
    }
  }
}

const sizeOf = (file: string) => statSync(file, { throwIfNoEntry: false })?.size ?? 0

interface CpuTimes {
  busyMs: number
  totalMs: number
}

function percentOf(before: CpuTimes, now: CpuTimes): number | null {
  const totalMs = now.totalMs - before.totalMs
  return totalMs > 0 ? Math.round((1000 * Math.max(0, now.busyMs - before.busyMs)) / totalMs) / 10 : null
}

function daemonTimes(): CpuTimes {
  const { user, system } = process.cpuUsage()
  return { busyMs: (user + system) / 1000, totalMs: process.uptime() * 1000 }
}

function boxTimes(): CpuTimes {
  const times = cpus().map(({ times }) => times)
  const totalMs = times.reduce((sum, { user, nice, sys, idle, irq }) => sum + user + nice + sys + idle + irq, 0)
  return { totalMs, busyMs: totalMs - times.reduce((sum, { idle }) => sum + idle, 0) }
}

function availableBytes(system: string): number | null {
  const found = /^MemAvailable:\s+(\d+) kB$/m.exec(textOf(join(system, 'proc/meminfo')) ?? '')
  return found ? Number(found[1]) * 1024 : null
}

function temperature(system: string): number | null {
  const zones = join(system, 'sys/class/thermal')
  const milli = namesIn(zones)
    .filter((name) => name.startsWith('thermal_zone'))
    .map((name) => Number.parseInt(textOf(join(zones, name, 'temp')) ?? '', 10))
    // A sensor that is off reads 0 or nothing, or something no box has.
    .filter((value) => value > 0 && value < 150_000)
  return milli.length === 0 ? null : Math.round(Math.max(...milli) / 100) / 10
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    // A sensor or counter that cannot be read is one that is not there.
    return undefined
  }
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    // No sensors at all, as in a virtual machine.
    return []
  }
}
