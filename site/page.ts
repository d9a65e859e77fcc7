// What all pages of the site have around them: the document, the landmarks, the foot.

import { html } from "hono/html";

/** A piece of HTML in which everything that came from elsewhere is escaped. */
export type Html = ReturnType<typeof html>;

/** What a page is made of. */
export interface Page {
  /** The document's title, without the site's name. */
  title: string;
  /** One sentence for search engines. */
  description: string;
  /** Where the style sheet is. */
  stylesheet: string;
  /** The program's version. */
  version: string;
  /** The links at the top, to the page's own parts. */
  navigation: readonly { href: string; text: string }[];
  /** The content of the main landmark. */
  main: Html;
}

/** A whole document. */
export function renderPage(page: Page): Html {
  const { title, description, stylesheet, version, navigation, main } = page;
  return html`
    <!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta name="color-scheme" content="light dark">
        <meta name="description" content="${description}">
        <title>${title} · edge-repro</title>
        <link rel="icon" href="/favicon.svg" type="image/svg+xml">
        <link rel="stylesheet" href="${stylesheet}">
      </head>
      <body>
        <a class="skip" href="#main">Skip to the content</a>
        <header class="top">
    <a class="brand" href="/">edge-repro</a>
    ${navigation.length === 0 ? "" : html`
      <nav aria-label="This page">
        <ul>${navigation.map(({ href, text }) => html`<li><a href="${href}">${text}</a></li>`)}</ul>
      </nav>
    `}
        </header>
        <main id="main">
    ${main}
        </main>
        <footer>
          <p>edge-repro ${version}, MIT licence. This page sets no cookies, runs no scripts and asks no other
    host for anything. <a href="/healthz">Health</a></p>
        </footer>
      </body>
    </html>
  `;
}

/** The page for an address that there is not. */
export function notFoundMain(path: string): Html {
  return html`<h1>There is no such page</h1>
<p><code>${path}</code> is not an address of this site. <a href="/">The first page</a> tells what is
here; the slow origin answers below <a href="/origin/hello?sleep=1"><code>/origin/</code></a>.</p>`;
}
