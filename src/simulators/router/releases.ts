import type { RosVersion } from './ros-version.ts'

/** Which menus a release has, by the beginning of their path; what is not named here all of them have. */
export function hasMenu(version: RosVersion, packages: readonly string[], menu: string): boolean {
  const isUnder = (path: string) => menu === path || menu.startsWith(`${path}/`)
  if (isUnder('/interface/wireguard')) return version.atLeast(7, 0)
  if (isUnder('/system/device-mode')) return version.atLeast(7, 17)
  if (isUnder('/interface/wifi')) return version.atLeast(7, 13)
  if (isUnder('/interface/wifiwave2')) return packages.includes('wifiwave2') && !version.atLeast(7, 13)
  if (isUnder('/interface/wireless') || isUnder('/caps-man')) {
    return version.atLeast(7, 13) ? packages.includes('wireless') : !packages.includes('wifiwave2')
  }
  // In v6 the hotspot is a package of its own.
  if (isUnder('/ip/hotspot')) return version.atLeast(7, 0) || packages.includes('hotspot')
  if (isUnder('/ppp')) return version.atLeast(7, 0) || packages.includes('ppp')
  return true
}

/** What a box of this release comes with. */
export function usualPackages(version: RosVersion): string[] {
  if (!version.atLeast(7, 0)) return ['system', 'security', 'dhcp', 'hotspot', 'ppp', 'advanced-tools', 'wireless']
  return version.atLeast(7, 13) ? ['routeros', 'wifi-qcom'] : ['routeros']
}
