import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { headroomByHost } from '../headroom.ts'
import { headroomSection } from './headroom-charts.ts'
import { historySection } from './history-section.ts'
import { hostData } from './host-data.ts'
import { hostSection } from './host-section.ts'
import { dataText, html, Markup } from './markup.ts'
import { masthead } from './masthead.ts'
import { outcomeSection } from './outcome-section.ts'
import type { ReportInput } from './report-input.ts'

/**
 * A run as one page that needs nothing else: no network, no other file. Its policy lets only the style and the script
 * in it do anything, by their hashes, so that text of a host could not run even if it got out of its place.
 */
export function renderHtml(input: ReportInput): string {
  const { result, history } = input
  const style = source('page.css')
  const script = source('page.js')
  // Whole elements: a blank more between the tags would be another text, with another hash.
  const policy = `default-src 'none'; style-src '${hashOf(style)}'; script-src '${hashOf(script)}'; img-src data:; base-uri 'none'; form-action 'none'`
  const byHost = headroomByHost(result.hosts)
  const tables = [...byHost.values()]
  const page = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="referrer" content="no-referrer" />
        <title>${result.command} ${result.run} – conntrackctl</title>
        <link rel="icon" href="data:," />
        ${new Markup(`<style>${style}</style>`)}
      </head>
      <body>
        <a class="skip" href="#hosts">To the table of hosts</a>
        <main>
          ${masthead(input, tables)} ${headroomSection(tables, result.totals.pending > 0)}
          ${outcomeSection(result)} ${historySection(input)} ${hostSection(result, byHost)}
        </main>
        <footer>
          <p>Made by conntrackctl from the record of run <code>${result.run}</code>.</p>
        </footer>
        <script type="application/json" id="data">
          ${new Markup(dataText(hostData(result, byHost, history)))}
        </script>
        ${new Markup(`<script>${script}</script>`)}
      </body>
    </html> `
  return page.text
}

function source(name: string): string {
  return readFileSync(new URL(name, import.meta.url), 'utf8').trim()
}

/** As Content-Security-Policy names what may run. */
function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`
}
