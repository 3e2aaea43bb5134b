// Draws the gain of each scheme over the slices, as an SVG that needs nothing else: for the documentation.
import type { EvaluateReport, SchemeReport } from './evaluate-report.ts'

const WIDTH = 720
const HEIGHT = 400
const MARGIN = { left: 56, right: 150, top: 40, bottom: 44 }
/** Told apart without colour vision too (Okabe and Ito's palette). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#e69f00']
const GRID_STEP = 0.2

interface Curve {
  name: string
  colour: string
  /** Slice number and gain. */
  points: Array<[number, number]>
}

export function plotSvg (report: EvaluateReport): string {
  const curves = [report, ...report.compared].map(curveOf)
  const slices = report.slices.map(({ slice }) => slice)
  const [first, last] = [Math.min(...slices), Math.max(...slices)]
  const gains = curves.flatMap(({ points }) => points.map(([, gain]) => gain))
  const top = Math.ceil(Math.max(1, ...gains) / GRID_STEP) * GRID_STEP
  const x = (slice: number): number => MARGIN.left + (WIDTH - MARGIN.left - MARGIN.right) * (first === last ? 0.5 : (slice - first) / (last - first))
  const y = (gain: number): number => HEIGHT - MARGIN.bottom - (HEIGHT - MARGIN.top - MARGIN.bottom) * gain / top
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>`,
    text(MARGIN.left, 22, `Gain with ${+(100 * report.budget).toFixed(2)} % of the links measured per slice${report.rsps === undefined ? '' : ' and RSP'}, ${report.warmUp === 'sweep' ? 'after a sweep' : 'cold start'}`),
    ...Array.from({ length: Math.round(top / GRID_STEP) + 1 }, (_, step) => gridLine(step * GRID_STEP, y(step * GRID_STEP))),
    ...slices.map((slice) => text(x(slice), HEIGHT - MARGIN.bottom + 18, String(slice), 'middle')),
    text((MARGIN.left + WIDTH - MARGIN.right) / 2, HEIGHT - 8, 'slice (1 on the left axis: the best choice with one relay)', 'middle'),
    ...curves.flatMap((curve, at) => drawn(curve, at, x, y)),
    '</svg>',
    ''
  ].join('\n')
}

function curveOf ({ scheme, slices }: SchemeReport, at: number): Curve {
  return { name: scheme, colour: COLOURS[at % COLOURS.length], points: slices.map(({ slice, gainOverOneRelay }) => [slice, gainOverOneRelay]) }
}

function gridLine (gain: number, y: number): string {
  return `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${place(y)}" y2="${place(y)}" stroke="${Math.abs(gain - 1) < GRID_STEP / 2 ? '#666' : '#ddd'}"/>` +
    text(MARGIN.left - 8, y + 4, gain.toFixed(1), 'end')
}

function drawn ({ name, colour, points }: Curve, at: number, x: (slice: number) => number, y: (gain: number) => number): string[] {
  const legendY = MARGIN.top + 8 + 20 * at
  return [
    `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.map(([slice, gain]) => `${place(x(slice))},${place(y(gain))}`).join(' ')}"/>`,
    ...points.map(([slice, gain]) => `<circle cx="${place(x(slice))}" cy="${place(y(gain))}" r="2.5" fill="${colour}"/>`),
    `<line x1="${WIDTH - MARGIN.right + 12}" x2="${WIDTH - MARGIN.right + 32}" y1="${legendY}" y2="${legendY}" stroke="${colour}" stroke-width="2"/>`,
    text(WIDTH - MARGIN.right + 38, legendY + 4, name)
  ]
}

function text (x: number, y: number, content: string, anchor = 'start'): string {
  return `<text x="${place(x)}" y="${place(y)}" text-anchor="${anchor}">${content}</text>`
}

/** Tenths of a pixel are more than anyone sees. */
function place (value: number): string {
  return String(Math.round(10 * value) / 10)
}
