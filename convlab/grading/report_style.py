"""The look of the reports: one style sheet, for light and dark pages, screens and paper."""

from convlab.grading.outcome_words import LOOKS

LIGHT = {
    "paper": "#FBFAF7",
    "card": "#FFFFFF",
    "ink": "#22252A",
    "faint": "#5C6068",
    "line": "#DEDCD5",
    "wash": "#F1EFE9",
    "accent": "#00507F",
    "bar": "#0072B2",
    "hurt": "#FCE6D8",
}
DARK = {
    "paper": "#16181C",
    "card": "#1F2227",
    "ink": "#E7E5DF",
    "faint": "#A5A8AE",
    "line": "#373B42",
    "wash": "#282C32",
    "accent": "#7CC4EE",
    "bar": "#56B4E9",
    "hurt": "#55301B",
}


def _variables(page: dict[str, str], shade: str) -> str:
    own = {f"c-{look.css}": getattr(look, shade) for look in LOOKS.values()}
    return " ".join(f"--{name}: {colour};" for name, colour in (page | own).items())


def style_sheet() -> str:
    """All of the CSS."""
    outcomes = "\n".join(f".{look.css} {{ --own: var(--c-{look.css}); }}" for look in dict.fromkeys(LOOKS.values()))
    return f"""
:root {{ color-scheme: light dark; {_variables(LIGHT, "light")} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_variables(DARK, "dark")} }} }}
{outcomes}
{RULES}
"""


RULES = """
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, -apple-system, "Segoe UI",
  Roboto, "Noto Sans", sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 2.2rem 1.4rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; font-weight: 650; letter-spacing: -.01em; }
h2 { font-size: 1.2rem; margin: 2.6rem 0 .9rem; font-weight: 650; }
h3 { font-size: 1.05rem; margin: 0; font-weight: 650; }
p { margin: .45rem 0; }
a { color: var(--accent); }
code { font: .92em ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; background: var(--wash); padding: .08em .3em;
  border-radius: 4px; overflow-wrap: anywhere; }
.faint { color: var(--faint); }
.small { font-size: .88rem; }
.back { font-size: .9rem; margin: 0 0 1.2rem; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(9.5rem, 1fr)); gap: .8rem; margin: 1.6rem 0 0; }
.figure { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .8rem 1rem; }
.figure b { display: block; font-size: 1.55rem; font-weight: 650; line-height: 1.2; font-variant-numeric: tabular-nums; }
.figure span { color: var(--faint); font-size: .88rem; }
.panel { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.2rem; }
.alert { background: var(--hurt); border: 1px solid var(--c-wrong); border-radius: 10px; padding: .8rem 1.2rem;
  margin-top: 1.4rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .5rem .7rem; border-bottom: 1px solid var(--line); vertical-align: top; }
tr:last-child > td { border-bottom: 0; }
th { font-size: .82rem; font-weight: 600; color: var(--faint); white-space: nowrap; }
td.number, th.number { text-align: right; white-space: nowrap; }
td.mark, th.mark { text-align: center; }
.sign { color: var(--own); font-weight: 700; }
.chip { display: inline-flex; gap: .4rem; align-items: baseline; white-space: nowrap; }
.legend { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; margin: .8rem 0 0; font-size: .88rem; color: var(--faint); }
.legend i { display: inline-block; width: .8rem; height: .8rem; border-radius: 3px; background: var(--own); margin-right: .4rem;
  vertical-align: -.08rem; }
.bar { display: flex; height: 1.25rem; border-radius: 5px; overflow: hidden; background: var(--wash); gap: 2px;
  min-width: 12rem; }
.bar span { background: var(--own); color: var(--card); font-size: .78rem; font-weight: 700; text-align: center;
  line-height: 1.25rem; overflow: hidden; }
.meter { height: .5rem; border-radius: 4px; background: var(--wash); overflow: hidden; margin: .5rem 0 0; }
.meter span { display: block; height: 100%; background: var(--bar); }
.exercise { background: var(--card); border: 1px solid var(--line); border-left: 5px solid var(--own); border-radius: 10px;
  padding: 1rem 1.2rem; margin: 0 0 1rem; }
.exercise header { display: flex; flex-wrap: wrap; justify-content: space-between; gap: .2rem 1rem; align-items: baseline; }
.exercise .points { color: var(--faint); white-space: nowrap; font-variant-numeric: tabular-nums; }
.exercise .state { color: var(--own); font-weight: 600; }
.say { font-size: 1.02rem; margin: .6rem 0; }
.note { color: var(--faint); font-size: .92rem; }
details { margin: .6rem 0 0; }
summary { cursor: pointer; color: var(--accent); font-size: .92rem; }
details table { font-size: .9rem; margin-top: .4rem; }
pre { background: var(--wash); border-radius: 8px; padding: .7rem .9rem; overflow-x: auto; white-space: pre-wrap;
  overflow-wrap: anywhere; font: .85rem/1.45 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; }
.arrays { display: flex; flex-wrap: wrap; gap: 1rem 2rem; margin: .9rem 0 .4rem; }
.arrays figure { margin: 0; max-width: 100%; overflow-x: auto; }
.arrays figcaption { font-size: .85rem; color: var(--faint); margin: 0 0 .3rem; }
.arrays table { width: auto; border-collapse: separate; border-spacing: 2px; }
.arrays tr > td { border: 2px solid transparent; border-radius: 4px; padding: .12rem .45rem; text-align: right;
  background: var(--wash); font: .82rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace; white-space: nowrap; }
.arrays tr > td.off { border-color: var(--c-wrong); background: var(--hurt); font-weight: 700; }
.arrays svg { display: block; max-width: 100%; height: auto; }
svg .off-frame { fill: none; stroke: var(--c-wrong); stroke-width: 2; }
svg text { fill: var(--ink); font: 13px system-ui, sans-serif; }
svg .faint-text { fill: var(--faint); font-size: 12px; }
svg .column { fill: var(--bar); }
svg .axis { stroke: var(--line); stroke-width: 1; }
svg .median { stroke: var(--c-wrong); stroke-width: 2; stroke-dasharray: 5 4; }
svg .median-text { fill: var(--c-wrong); font-weight: 600; }
.who { color: var(--faint); font-size: .9rem; }
ol.mistakes { list-style: none; margin: 0; padding: 0; }
ol.mistakes li { display: grid; grid-template-columns: 4.5rem 1fr; gap: .2rem 1rem; padding: .9rem 0;
  border-bottom: 1px solid var(--line); }
ol.mistakes li:last-child { border-bottom: 0; }
ol.mistakes .count small { display: block; font-size: .78rem; font-weight: 400; color: var(--faint); }
ol.mistakes .count { font-size: 1.5rem; font-weight: 650; text-align: right; line-height: 1.2;
  font-variant-numeric: tabular-nums; }
footer { margin-top: 3rem; color: var(--faint); font-size: .88rem; border-top: 1px solid var(--line); padding-top: 1rem; }
@media (max-width: 40rem) { main { padding: 1.2rem .9rem 3rem; } h1 { font-size: 1.5rem; } }
@media print { body { background: none; } .exercise, .panel, .figure { break-inside: avoid; } .back { display: none; } }
"""
