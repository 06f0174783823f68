// A pad of 32 x 32 cells. Drawn here, kept in the model's `cells`: one byte a cell, row by row.
const SIDE = 32;
const SCALE = 16; // pixels of the canvas to a cell, two for each on a sharp screen
const WAIT = 250; // milliseconds between two messages while drawing goes on

function render({ model, el }) {
  const box = document.createElement("div");
  box.className = "convlab-pad";
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = SIDE * SCALE;
  canvas.tabIndex = 0;
  canvas.setAttribute("role", "application");
  canvas.setAttribute(
    "aria-label",
    "Pad to draw a digit. Arrow keys move the pen, Space puts it down or lifts it, E is the eraser, Delete empties the pad.",
  );
  const line = document.createElement("div");
  line.className = "convlab-pad-line";
  const status = document.createElement("span");
  status.setAttribute("aria-live", "polite");
  const clear = document.createElement("button");
  clear.className = "jupyter-button";
  clear.textContent = "Clear";
  line.append(status, clear);
  box.append(canvas, line);
  el.append(box);

  const pen = { row: 8, column: 16, down: false, eraser: false, seen: false };
  let cells = read();
  let timer = null;

  function read() {
    const held = model.get("cells");
    const bytes = new Uint8Array(SIDE * SIDE);
    if (held && held.byteLength === SIDE * SIDE) {
      bytes.set(new Uint8Array(held.buffer, held.byteOffset, SIDE * SIDE));
    }
    return bytes;
  }

  function send() {
    timer = null;
    model.set("cells", new DataView(cells.slice().buffer));
    model.save_changes();
  }

  function sendSoon() {
    if (timer === null) timer = setTimeout(send, WAIT);
  }

  function sendNow() {
    if (timer !== null) clearTimeout(timer);
    send();
  }

  // A round nib, three cells wide; the eraser is five.
  function dab(row, column, ink) {
    const reach = ink ? 1 : 2;
    for (let i = -reach; i <= reach; i++) {
      for (let j = -reach; j <= reach; j++) {
        const r = Math.round(row) + i;
        const c = Math.round(column) + j;
        if (r >= 0 && c >= 0 && r < SIDE && c < SIDE) cells[r * SIDE + c] = ink ? 1 : 0;
      }
    }
  }

  function stroke(from, to, ink) {
    const steps = Math.max(1, Math.ceil(Math.hypot(to.row - from.row, to.column - from.column) * 2));
    for (let k = 0; k <= steps; k++) {
      const part = k / steps;
      dab(from.row + part * (to.row - from.row), from.column + part * (to.column - from.column), ink);
    }
  }

  function draw() {
    const paint = canvas.getContext("2d");
    paint.fillStyle = "#000";
    paint.fillRect(0, 0, canvas.width, canvas.height);
    paint.fillStyle = "#fff";
    cells.forEach((ink, k) => {
      if (ink) paint.fillRect((k % SIDE) * SCALE, Math.floor(k / SIDE) * SCALE, SCALE, SCALE);
    });
    if (pen.seen) {
      paint.strokeStyle = pen.eraser ? "#cc79a7" : "#e69f00";
      paint.lineWidth = pen.down ? 6 : 3;
      paint.strokeRect((pen.column - 1) * SCALE, (pen.row - 1) * SCALE, 3 * SCALE, 3 * SCALE);
    }
    const tool = pen.eraser ? "eraser" : "pen";
    status.textContent = pen.seen ? `${tool} ${pen.down ? "down" : "up"}` : "draw, or use the keys";
  }

  function placeOf(event) {
    const frame = canvas.getBoundingClientRect();
    return {
      row: ((event.clientY - frame.top) / frame.height) * SIDE - 0.5,
      column: ((event.clientX - frame.left) / frame.width) * SIDE - 0.5,
    };
  }

  let last = null;
  canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pen.seen = false;
    last = { ...placeOf(event), ink: !(event.button === 2 || event.altKey || pen.eraser) };
    stroke(last, last, last.ink);
    draw();
    sendSoon();
  });
  canvas.addEventListener("pointermove", (event) => {
    if (last === null) return;
    const here = placeOf(event);
    stroke(last, here, last.ink);
    last = { ...here, ink: last.ink };
    draw();
    sendSoon();
  });
  for (const end of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(end, () => {
      if (last !== null) sendNow();
      last = null;
    });
  }

  const moves = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey) return;
    if (event.key in moves) {
      const [down, right] = moves[event.key];
      const from = { row: pen.row, column: pen.column };
      pen.row = Math.min(SIDE - 1, Math.max(0, pen.row + down));
      pen.column = Math.min(SIDE - 1, Math.max(0, pen.column + right));
      if (pen.down) {
        stroke(from, pen, !pen.eraser);
        sendSoon();
      }
    } else if (event.key === " ") {
      pen.down = !pen.down;
      if (pen.down) {
        dab(pen.row, pen.column, !pen.eraser);
        sendSoon();
      }
    } else if (event.key === "e" || event.key === "E") {
      pen.eraser = !pen.eraser;
    } else if (event.key === "Delete" || event.key === "Backspace") {
      cells = new Uint8Array(SIDE * SIDE);
      sendNow();
    } else {
      return;
    }
    pen.seen = true;
    event.preventDefault();
    event.stopPropagation(); // JupyterLab would take some of these keys for itself
    draw();
  });
  canvas.addEventListener("focus", () => {
    pen.seen = last === null;
    draw();
  });
  canvas.addEventListener("blur", () => {
    pen.seen = pen.down = false;
    draw();
  });
  clear.addEventListener("click", () => {
    cells = new Uint8Array(SIDE * SIDE);
    draw();
    sendNow();
  });

  const follow = () => {
    if (last === null && timer === null) {
      cells = read();
      draw();
    }
  };
  model.on("change:cells", follow);
  draw();
  return () => {
    model.off("change:cells", follow);
    if (timer !== null) clearTimeout(timer);
  };
}

export default { render };
