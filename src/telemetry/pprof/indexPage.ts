/** What `/debug/pprof/` shows. */
export const INDEX_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>/debug/pprof/</title>
</head>
<body>
<h1>/debug/pprof/</h1>
<p>Profiles of the main thread in pprof's format, for <code>go tool pprof</code>:</p>
<ul>
<li><a href="profile?seconds=10">profile</a>: where the CPU time goes; <code>?seconds=</code> up to 60, 30 without it</li>
<li><a href="heap">heap</a>: memory in use by where it was taken; <code>?gc=1</code> frees first what is no longer used</li>
</ul>
</body>
</html>
`;
