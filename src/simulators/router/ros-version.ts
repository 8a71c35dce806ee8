export interface RosVersion {
  /** As `/system/resource` prints it: `7.20.8 (stable)`. */
  readonly text: string
  atLeast(major: number, minor: number): boolean
}

/** Takes `7.20.8`, `6.49.17 (long-term)`, `7.22rc1`. */
export function parseVersion(text: string): RosVersion {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(text) ?? []
  if (major === undefined || minor === undefined) throw new RangeError(`not a RouterOS version: ${text}`)
  return {
    text: text.includes('(') ? text : `${text} (stable)`,
    atLeast(wantedMajor, wantedMinor) {
      return Number(major) === wantedMajor ? Number(minor) >= wantedMinor : Number(major) > wantedMajor
    },
  }
}
