import { AccessCode } from './access-code.tsx'
import { Emblem } from './emblem.tsx'
import { Layout } from './layout.tsx'
import { Prose } from './prose.tsx'
import { linkTo, type SitePage } from './site-page.ts'
import { errorText, t } from './texts.ts'

export type GiftPageProps = SitePage & {
  packageName: string
  price: string
  receipt: string | undefined
  code: string
  /** What has become of the voucher. */
  state: 'unused' | 'redeemed' | 'revoked'
  /** The phone to which the code also goes; left out where the site sends no SMS. */
  smsTo: string | undefined
}

/** A voucher that was bought for somebody else: the buyer hands it over. Nothing more will happen, so nothing waits. */
export function GiftPage({ packageName, price, receipt, code, state, smsTo, ...site }: GiftPageProps) {
  const { language } = site
  const isGood = state === 'unused'
  const headline = isGood ? t(language, 'gift') : t(language, 'gift_over')
  return (
    <Layout site={site} title={headline}>
      <div class="stage">
        <Emblem shape="ticket" tone={state === 'revoked' ? 'bad' : 'good'} />
        <h1>{headline}</h1>
        <p>
          {isGood ? t(language, 'gift_how') : errorText(language, state === 'redeemed' ? 'code-used' : 'code-revoked')}
        </p>
        {state !== 'revoked' && (
          <div class="box">
            <span class="muted">{packageName}</span>
            <AccessCode {...{ language, username: code }} label={t(language, 'gift_code')} />
          </div>
        )}
        {isGood && smsTo !== undefined && (
          <p>
            <Prose text={t(language, 'gift_sms', { mask: smsTo })} />
          </p>
        )}
        <p class="muted">
          <span class="nb">M-PESA</span>: {receipt === undefined ? price : `${price} · ${receipt}`}
        </p>
        <a class="btn quiet" href={linkTo(site, '/')}>
          {t(language, 'start')}
        </a>
      </div>
    </Layout>
  )
}
