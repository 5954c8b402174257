// The package has no types: a context like a canvas's, whose drawing is SVG.
declare module "svgcanvas" {
  interface SvgContext extends CanvasRenderingContext2D {
    getSerializedSvg(): string;
  }
  export const Context: new (size: { width: number; height: number }) => SvgContext;
}
