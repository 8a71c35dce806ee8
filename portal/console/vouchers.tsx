import { readableCode } from '../code-format.ts'
import { money } from '../money.ts'
import { siteTime } from '../site-time.ts'
import type { ConsolePage } from './console-page.ts'
import { ConsoleLayout } from './layout.tsx'

export type VouchersPageProps = ConsolePage & {
  batchId: string
  packageName: string
  priceCents: number
  currency: string
  createdAtMs: number
  expiresAtMs?: number | undefined
  /** Name of the WiFi to join, where it is known. */
  networkName?: string | undefined
  /** What to type where no page opens by itself. */
  portalUrl: string
  supportPhone: string | undefined
  vouchers: readonly VoucherCode[]
}

export interface VoucherCode {
  code: string
  state: 'unused' | 'used' | 'expired' | 'revoked'
}

/** One batch of vouchers, to read from the screen or to print and cut. Only unused ones are on the paper. */
export function VouchersPage(props: VouchersPageProps) {
  const { batchId, packageName, priceCents, currency, createdAtMs, expiresAtMs, networkName, portalUrl, ...rest } =
    props
  const { supportPhone, vouchers, ...page } = rest
  const unused = vouchers.filter(({ state }) => state === 'unused')
  const gone = vouchers.length - unused.length
  const address = portalUrl.replace(/^http:\/\//i, '').replace(/\/$/, '')
  return (
    <ConsoleLayout page={page} title="Vouchers">
      <div class="bar">
        <h1>
          {unused.length} × {packageName} <small class="muted">{money(priceCents, currency)} each</small>
        </h1>
        <a class="btn quiet" href={`/api/vouchers/batches/${encodeURIComponent(batchId)}.csv`}>
          Download CSV
        </a>
        <a class="btn" href="/console">
          Back to the desk
        </a>
      </div>
      <p class="note">
        Made {siteTime('en', page.timeZone, createdAtMs, page.nowMs)}
        {gone > 0 && ` · ${gone} of ${vouchers.length} already used, expired or revoked and not shown`}. Print with the
        browser: three to a row on A4.
      </p>
      <ul class="sheet">
        {unused.map(({ code }) => (
          <li>
            <div class="head">
              <span>{packageName}</span>
              <span>{money(priceCents, currency)}</span>
            </div>
            <b class="code">{readableCode(code)}</b>
            <p>
              1. Join the WiFi{networkName !== undefined && ` ${networkName}`}. 2. Type this code. No page? Open{' '}
              {address}
            </p>
            <p>
              {page.siteName}
              {supportPhone !== undefined && ` · Help ${supportPhone.replace(/ /g, '\u00a0')}`}
              {expiresAtMs !== undefined && ` · until ${siteTime('en', page.timeZone, expiresAtMs, page.nowMs)}`}
            </p>
          </li>
        ))}
      </ul>
    </ConsoleLayout>
  )
}
