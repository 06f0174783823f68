/* JupyterLab draws the PNG outputs of a notebook without the alt text that their metadata holds. This draws them with it,
   and otherwise as JupyterLab does. Written by hand in the form of a federated module, so nothing has to be built. */
(() => {
  const MIME = "image/png";
  let scope; // the modules that JupyterLab shares

  const shared = async (name) => {
    const [version] = Object.values(scope[name]);
    return (await version.get())();
  };

  const mimeExtension = async () => {
    const { Widget } = await shared("@lumino/widgets");

    class Picture extends Widget {
      constructor() {
        super();
        this.addClass("jp-RenderedImage");
      }

      async renderModel(model) {
        const { alt, width, height, unconfined } = model.metadata[MIME] || {};
        const image = document.createElement("img");
        image.alt = alt || "";
        if (width) image.width = width;
        if (height) image.height = height;
        if (unconfined) image.classList.add("jp-mod-unconfined");
        const background = { light: "jp-needs-light-background", dark: "jp-needs-dark-background" };
        const needed = background[model.metadata.needs_background];
        if (needed) image.classList.add(needed);
        image.src = `data:${MIME};base64,${String(model.data[MIME]).replace(/\s/g, "")}`;
        this.node.replaceChildren(image);
      }
    }

    return {
      __esModule: true,
      default: {
        id: "convlab-alt-texts:png",
        rank: 90, // as JupyterLab's own, so that HTML still comes before a picture
        dataType: "string",
        rendererFactory: { safe: true, mimeTypes: [MIME], createRenderer: () => new Picture() },
      },
    };
  };

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["convlab-alt-texts"] = {
    init: (given) => {
      scope = given;
    },
    get: async () => {
      const exported = await mimeExtension();
      return () => exported;
    },
  };
})();
