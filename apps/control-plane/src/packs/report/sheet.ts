import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
// oxlint-disable-next-line import/no-named-as-default -- its types know no other name
import PDFDocument from 'pdfkit'

/** Points: 1/72 of an inch. */
export const PAGE = { width: 595.28, height: 841.89, margin: 54, top: 76, bottom: 68 } as const
export const INNER_WIDTH = PAGE.width - 2 * PAGE.margin

export const INK = '#16202e'
export const MUTED = '#5d6b7d'
export const FAINT = '#dfe5ec'
export const PAPER = '#f5f7fa'
export const ACCENT = '#1f4fd8'

export type Weight = 'regular' | 'semibold' | 'bold'

const require = createRequire(import.meta.url)
const FONTS: Readonly<Record<Weight, string>> = {
  regular: '@expo-google-fonts/inter/400Regular/Inter_400Regular.ttf',
  semibold: '@expo-google-fonts/inter/600SemiBold/Inter_600SemiBold.ttf',
  bold: '@expo-google-fonts/inter/700Bold/Inter_700Bold.ttf',
}

/** Figures of one width, so that columns of them line up. Only numbers and times: what has a feature is shaped again each time that it is drawn. */
const FIGURES = /^[\d.,:%+–\s-]+(?:UTC)?$/

/** Whatever is measured has the form that it is drawn in. */
const formOf = (text: string): PDFKit.Mixins.TextOptions => (FIGURES.test(text) ? { features: ['tnum'] } : {})

/** A document of A4 pages that is written from top to bottom; `y` is where the next thing goes. */
export class Sheet {
  readonly doc: PDFKit.PDFDocument
  y: number = PAGE.top

  constructor(title: string, madeAt: Date) {
    this.doc = new PDFDocument({
      size: 'A4',
      margin: 0,
      autoFirstPage: false,
      bufferPages: true,
      lang: 'en',
      displayTitle: true,
      info: { Title: title, Creator: 'Writ', Producer: 'Writ', CreationDate: madeAt, ModDate: madeAt },
    })
    for (const [weight, file] of Object.entries(FONTS))
      this.doc.registerFont(weight, readFileSync(require.resolve(file)))
  }

  newPage(): void {
    this.doc.addPage()
    this.y = PAGE.top
  }

  /** Begins a new page when so much does not fit on this one. */
  need(height: number): void {
    if (this.y + height > PAGE.height - PAGE.bottom) this.newPage()
  }

  space(height: number): void {
    this.y += height
  }

  /** One line, cut with an ellipsis where it is too long. */
  line(text: string, x: number, width: number, form: TextForm = {}): void {
    this.#draw(text, { x, y: this.y }, { ...form, width, isOneLine: true })
  }

  /** @returns its height */
  textAt(
    text: string,
    at: { readonly x: number; readonly y: number },
    form: TextForm & { readonly width: number },
  ): number {
    return this.#draw(text, at, form)
  }

  heightOf(
    text: string,
    width: number,
    { size = 9.5, weight = 'regular', gap = 2.5 }: TextForm = {},
  ): number {
    const drawn = shown(text)
    return this.doc
      .font(weight)
      .fontSize(size)
      .heightOfString(drawn, { ...formOf(drawn), width, lineGap: gap })
  }

  paragraph(text: string, form: TextForm = {}): void {
    this.need(this.heightOf(text, INNER_WIDTH, form))
    this.y += this.#draw(text, { x: PAGE.margin, y: this.y }, { ...form, width: INNER_WIDTH }) + 5
  }

  heading(text: string, under = ''): void {
    this.need(90)
    this.y +=
      this.#draw(text, { x: PAGE.margin, y: this.y }, { size: 15, weight: 'bold', width: INNER_WIDTH }) + 3
    if (under !== '')
      this.y +=
        this.#draw(under, { x: PAGE.margin, y: this.y }, { size: 8.8, color: MUTED, width: INNER_WIDTH }) + 4
    this.y += 5
  }

  #draw(text: string, { x, y }: { readonly x: number; readonly y: number }, form: TextForm & Placed): number {
    const {
      size = 9.5,
      weight = 'regular',
      color = INK,
      align = 'left',
      width,
      gap = 2.5,
      isOneLine = false,
    } = form
    this.doc.font(weight).fontSize(size).fillColor(color)
    const drawn = isOneLine ? this.#fitting(oneLine(text), width) : shown(text)
    this.doc.text(drawn, x, y, { ...formOf(drawn), width, align, lineGap: gap, lineBreak: !isOneLine })
    return isOneLine ? size + gap : this.doc.y - y
  }

  #fitting(text: string, width: number): string {
    if (this.doc.widthOfString(text, formOf(text)) <= width) return text
    let [low, high] = [0, text.length]
    while (low < high) {
      const middle = Math.ceil((low + high) / 2)
      if (this.doc.widthOfString(`${text.slice(0, middle)}…`) <= width) low = middle
      else high = middle - 1
    }
    return `${text.slice(0, low)}…`
  }
}

export type TextForm = {
  readonly size?: number
  readonly weight?: Weight
  readonly color?: string
  readonly align?: 'left' | 'right' | 'center'
  /** between lines */
  readonly gap?: number
}
type Placed = { readonly width: number; readonly isOneLine?: boolean }

const LONGEST_TEXT = 2000

/** Names are chosen by agents: nothing in them turns the reading order or pretends to be nothing. */
const shown = (text: string): string =>
  (text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT - 1)}…` : text).replaceAll(
    /[^\P{Cc}\n]|[\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu,
    '\ufffd',
  )

/** A name or a value: nothing in it begins a line of its own, and so stands where something else should. */
export const oneLine = (text: string): string => shown(text).replaceAll('\n', '\ufffd')

export const grouped = (count: number): string => count.toLocaleString('en-US')
export const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toFixed(part > 0 && part / whole < 0.001 ? 2 : 1)} %`
export const moment = (at: string | null): string =>
  at === null ? '–' : at.replace('T', ' ').replace(/(\.\d+)?Z$/, ' UTC')
