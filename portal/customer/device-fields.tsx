import type { SitePage } from './site-page.ts'

/** Who is asking, and in which language: every form carries it along, for there are no cookies. */
export function DeviceFields({ language, macAddress, routerId }: SitePage) {
  return (
    <>
      <input type="hidden" name="l" value={language} />
      {macAddress !== undefined && <input type="hidden" name="mac" value={macAddress} />}
      {routerId !== undefined && <input type="hidden" name="router" value={routerId} />}
    </>
  )
}
