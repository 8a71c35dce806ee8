import { siteTime } from '../site-time.ts'
import { AccessAction } from './access-action.tsx'
import { Emblem } from './emblem.tsx'
import { Layout } from './layout.tsx'
import type { SitePage } from './site-page.ts'
import { t } from './texts.ts'

export type RenewedPageProps = SitePage & {
  packageName: string
  price: string
  receipt: string | undefined
  /** What a payer names it by. */
  accountNumber: string
  /** Left out while its time stands still: then nobody knows. */
  paidUntilMs: number | undefined
  nowMs: number
  timeZone: string
  /** Only for the subscriber, never for who pays for somebody else. */
  login?: { username: string; password: string } | undefined
  /** The page of its access, where this very device can go online with it. */
  accessUrl?: string | undefined
}

/** A subscription has its money and its new end. Nothing more will happen, so nothing on this page waits. */
export function RenewedPage(props: RenewedPageProps) {
  const { packageName, price, receipt, accountNumber, paidUntilMs, nowMs, timeZone, login, accessUrl, ...site } = props
  const { language } = site
  const time = paidUntilMs === undefined ? undefined : siteTime(language, timeZone, paidUntilMs, nowMs)
  return (
    <Layout site={site} title={t(language, 'renewed')}>
      <div class="stage">
        <Emblem shape="tick" />
        <h1>{t(language, 'renewed')}</h1>
        <p>{time === undefined ? packageName : t(language, 'until', { package: packageName, time })}</p>
        {login && accessUrl !== undefined && (
          <AccessAction {...{ site, accessUrl }} action="connect" label={t(language, 'connect_here')} />
        )}
        <dl class="box">
          <Row label={t(language, 'account')} value={accountNumber} />
          {login && <Row label={t(language, 'user_name')} value={login.username} />}
          {login && <Row label={t(language, 'your_password')} value={login.password} />}
          <Row label="M-PESA" value={receipt === undefined ? price : `${price} · ${receipt}`} />
        </dl>
        {login && <p class="muted">{t(language, 'renewed_how')}</p>}
      </div>
    </Layout>
  )
}

function Row({ label, value }: { label: string; value: string }) {
  return (
    <div class="row">
      <dt>{label}</dt>
      <dd>{value}</dd>
    </div>
  )
}
