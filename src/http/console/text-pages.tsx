import { type Context, Hono } from 'hono'
import type { ConsolePage } from '../../../portal/console/console-page.ts'
import { TextsPage } from '../../../portal/console/texts.tsx'
import { changeSettings } from '../../settings/stored-settings.ts'
import { faultOfText, TEXT_KEYS } from '../../sms/message-texts.ts'
import type { House } from '../house.ts'
import { answerPage } from '../portal/answer-page.ts'
import { problem } from '../problem.ts'
import { smsTexts } from '../sms-texts.ts'
import type { SignedIn } from './signed-in.ts'

/** What customers are written, to read and to change. */
export function textPages(house: House, { pageFor, signInPage, formOf }: SignedIn): Hono {
  const { store, db } = house
  const app = new Hono()

  const show = (c: Context, page: ConsolePage, refused?: { key: string; text: string; fault: string }) => {
    const texts = smsTexts(db).map(({ is_default: isOurs, ...text }) => ({
      ...{ ...text, isOurs },
      ...(refused?.key === text.key && { text: refused.text, fault: refused.fault }),
    }))
    const saved = c.req.query('told') === 'saved' ? { text: 'The next message says it so.', bad: false } : undefined
    const notice = refused ? { text: 'Nothing was changed: see below.', bad: true } : saved
    return answerPage(house, c, <TextsPage {...page} {...{ texts, notice }} />, refused ? 422 : 200)
  }

  app.get('/console/texts', (c) => {
    const page = pageFor(c)
    return page ? show(c, page) : signInPage(c)
  })

  app.post('/console/texts/:key', async (c) => {
    const page = pageFor(c)
    if (!page) return signInPage(c, 'signed-out')
    const form = await formOf(c, page, ['admin'])
    const key = TEXT_KEYS.find((known) => known === c.req.param('key'))
    if (key === undefined) throw problem(404, 'text-unknown', 'There is no such text.')
    const text = (form.text ?? '').trim().slice(0, 600)
    const fault = form.ours === '1' ? undefined : faultOfText(key, text)
    if (fault !== undefined) return show(c, page, { key, text, fault })
    const changes = { sms_texts: { [key]: form.ours === '1' ? null : text } }
    const note = { actor: page.operator.username, action: 'settings.change', subject: `sms_texts.${key}` }
    await store.run(changeSettings, { changes }, note)
    return c.redirect('/console/texts?told=saved', 303)
  })

  return app
}
