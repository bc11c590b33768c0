// The documentation page as a person meets it: in a browser, with nothing reachable but the server.

import assert from 'node:assert/strict'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { chromium } from 'playwright-core'

const url = process.env.DOVETAIL_URL
assert.ok(url, 'DOVETAIL_URL names the server under test')
const origin = new URL(url).origin

let browser
let folder
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'dovetail-browser-'))
  browser = await chromium.launch({
    executablePath: process.env.DOVETAIL_CHROMIUM ?? '/usr/bin/chromium',
    // Without these the browser itself calls home at start, which no page of ours asked for.
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
})
after(() => browser?.close())

test('the page is self-contained and "Try it out" works', { timeout: 120_000 }, async () => {
  const page = await browser.newPage({ viewport: { width: 1280, height: 1000 } })
  const elsewhere = []
  const failed = []
  const errors = []
  page.on('request', (request) => {
    const to = new URL(request.url())
    // data: and blob: are parts of the page itself.
    if (/^https?:|^wss?:/.test(to.protocol) && to.origin !== origin) elsewhere.push(to.href)
  })
  page.on('response', (response) => {
    if (response.status() >= 400) failed.push(`${response.status()} ${response.url()}`)
  })
  page.on('pageerror', (error) => errors.push(String(error)))

  await page.goto(`${url}/docs`, { waitUntil: 'networkidle' })
  const operations = page.locator('.opblock')
  await operations.first().waitFor()
  assert.ok((await operations.count()) > 1, 'the page lists the operations')

  const listSubjects = page.locator('.opblock-get').filter({
    has: page.locator('.opblock-summary-path[data-path="/subjects"]'),
  })
  assert.equal(await listSubjects.count(), 1, 'GET /subjects is on the page, once')
  await listSubjects.locator('.opblock-summary-control').first().click()
  await listSubjects.getByRole('button', { name: 'Try it out' }).click()
  const answer = page.waitForResponse((response) => {
    const to = new URL(response.url())
    return to.origin === origin && to.pathname === '/subjects'
  })
  await listSubjects.getByRole('button', { name: 'Execute' }).click()
  assert.equal((await answer).status(), 200)
  const shown = listSubjects.locator('.live-responses-table .response .response-col_status')
  await shown.first().waitFor()
  assert.match(await shown.first().innerText(), /^200/)

  await listSubjects.scrollIntoViewIfNeeded()
  const screenshot = join(folder, 'docs.png')
  await page.screenshot({ path: screenshot })
  console.log(`screenshot: ${screenshot}`)

  assert.deepEqual(elsewhere, [], 'no request leaves the server')
  assert.deepEqual(failed, [], 'every request of the page is answered')
  assert.deepEqual(errors, [], 'no script fails')
})
