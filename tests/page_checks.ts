// For tests: what a page must have for people who see, read or point otherwise.

/** The relation of two colours' luminance (WCAG 2.2, 1.4.3). */
export function contrast(one: readonly number[], other: readonly number[]): number {
  const luminance = (color: readonly number[]) => {
    const [red = 0, green = 0, blue = 0] = color.map((part) => {
      const value = part / 255;
      return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const [dark = 0, light = 0] = [luminance(one), luminance(other)].toSorted((a, b) => a - b);
  return (light + 0.05) / (dark + 0.05);
}

/** In the page: whether no two elements have one id. */
export function uniqueIds(elements: { id: string }[]): boolean {
  return new Set(elements.map(({ id }) => id)).size === elements.length;
}

/** In the page: each piece of text that is seen, its colour and what it stands on. */
export function visibleTexts(): {
  text: string;
  color: number[];
  ground: number[];
  large: boolean;
}[] {
  const document = Reflect.get(globalThis, "document");
  const style = Reflect.get(globalThis, "getComputedStyle");
  const parts = (color: string) => (color.match(/[\d.]+/g) ?? []).map(Number);
  const groundOf = (element: { parentElement: unknown } | null): number[] => {
    for (let at = element; at !== null; at = at.parentElement as typeof at) {
      const [red = 0, green = 0, blue = 0, alpha = 1] = parts(style(at).backgroundColor);
      if (alpha === 1) return [red, green, blue];
    }
    return [255, 255, 255];
  };
  return [...document.querySelectorAll("body *")].flatMap((element) => {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    const { width, height } = element.getBoundingClientRect();
    if (!own || width < 2 || height < 2 || element.closest(".skip, [hidden]")) return [];
    const { color, fill, fontSize, fontWeight } = style(element);
    const size = parseFloat(fontSize);
    return [{
      text: element.textContent.trim().slice(0, 40),
      color: parts(element.namespaceURI.endsWith("svg") ? fill : color).slice(0, 3),
      ground: groundOf(element),
      large: size >= 24 || (size >= 18.66 && Number(fontWeight) >= 700),
    }];
  });
}
