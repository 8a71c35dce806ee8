import { DeviceFields } from './device-fields.tsx'
import type { SitePage } from './site-page.ts'

interface AccessActionProps {
  site: SitePage
  accessUrl: string
  action: 'connect' | 'leave'
  label: string
}

/** A button that does something with the access whose page this is. */
export function AccessAction({ site, accessUrl, action, label }: AccessActionProps) {
  return (
    <form method="post" action={`${accessUrl}/${action}`}>
      <DeviceFields {...site} />
      <button type="submit" class={action === 'leave' ? 'btn quiet' : undefined}>
        {label}
      </button>
    </form>
  )
}
