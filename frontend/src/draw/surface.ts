// A canvas with as many pixels as the screen has under it, so that hairlines are hairlines.

export interface Box {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** Give a canvas the size it is shown at, and return what to draw on it in CSS pixels; it is empty. */
export function surface(canvas: HTMLCanvasElement, width: number, height: number): CanvasRenderingContext2D {
  const density = window.devicePixelRatio || 1;
  const [columns, rows] = [Math.round(width * density), Math.round(height * density)];
  if (canvas.width !== columns || canvas.height !== rows) {
    canvas.width = columns;
    canvas.height = rows;
  }
  const context = canvas.getContext("2d", { alpha: true })!;
  context.setTransform(density, 0, 0, density, 0, 0);
  context.clearRect(0, 0, width, height);
  return context;
}

/** The width of the thinnest line that still reads well. */
export function hairline(): number {
  const density = window.devicePixelRatio || 1;
  return Math.max(1, density * 0.75) / density;
}

/** Fill a stretch with slanted lines: nothing was recorded here. */
export function hatch(context: CanvasRenderingContext2D, box: Box, colour: string): void {
  context.save();
  context.beginPath();
  context.rect(box.x, box.y, box.width, box.height);
  context.clip();
  context.beginPath();
  const step = 8;
  const first = Math.floor((box.x - box.height) / step) * step; // on one lattice, so that it stands still when edges move
  for (let x = first; x < box.x + box.width; x += step) {
    context.moveTo(x, box.y + box.height);
    context.lineTo(x + box.height, box.y);
  }
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.stroke();
  context.restore();
}
