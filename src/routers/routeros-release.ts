/** Whether `7.20.8 (stable)` or `7.16rc1` is this release or a later one; what cannot be read is not. */
export function isAtLeast(version: string, major: number, minor: number): boolean {
  const [, foundMajor, foundMinor] = /^(\d+)\.(\d+)/.exec(version) ?? []
  if (foundMajor === undefined) return false
  return Number(foundMajor) === major ? Number(foundMinor) >= minor : Number(foundMajor) > major
}
