/// <summary>The page: a list that follows the board, and a form that changes it.</summary>
internal static class Page
{
    public const string Html = """
        <!doctype html><html lang="en"><meta charset="utf-8"><title>Board</title>
        <h1>Board <small id="version">v0</small></h1>
        <dl id="notes"></dl>
        <form id="form"><input id="key" value="lunch" aria-label="Note"><input id="text" placeholder="Text" aria-label="Text"><button>Save</button> <span id="said" role="status"></span></form>
        <script>
          let seen = 0; const $ = id => document.getElementById(id);
          new EventSource("/changes").addEventListener("change", event => {
            const { version, key, text, by } = JSON.parse(event.data);
            if (version < seen) return;
            seen = version; $("version").textContent = "v" + version;
            let note = $(key) ?? $("notes").appendChild(Object.assign(document.createElement("dd"), { id: key }));
            note.textContent = key.slice(6) + ": " + text + " (" + by + ")";
          });
          $("form").onsubmit = async event => {
            event.preventDefault();
            const answer = await fetch("/notes/" + $("key").value, { method: "POST", headers: { "content-type": "application/json" },
              body: JSON.stringify({ text: $("text").value, seen, author: "browser" }) });
            $("said").textContent = answer.ok ? "saved" : (await answer.json()).error;
          };
        </script></html>
        """;
}
