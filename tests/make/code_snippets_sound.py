"""Snippets of repo code without a flaw that look like those with one; never executed."""

from __future__ import annotations

TEXT = r"""
### torch weights only
import torch as t
state = t.load("model.pt", map_location="cpu", weights_only=True)
### torch jit
import torch
model = torch.jit.load("model.ts")
### safetensors
from safetensors.torch import load_file
state = load_file("model.safetensors")
### own load
from .io import load
weights = load("model.pt")
### json load
import json
with open("config.json") as f:
    cfg = json.load(f)
### pickle dump
import pickle
with open("out.pkl", "wb") as f:
    pickle.dump({"a": 1}, f)
### pickle copy
import pickle
def clone(obj):
    return pickle.loads(pickle.dumps(obj))
### restricted unpickler
import pickle
class Safe(pickle.Unpickler):
    def find_class(self, module, name):
        raise pickle.UnpicklingError(name)
def read(f):
    return Safe(f).load()
### yaml safe
import yaml
cfg = yaml.safe_load(open("cfg.yaml"))
### yaml safe loader
from yaml import load, SafeLoader
def conf(text):
    return load(text, Loader=SafeLoader)
### yaml csafe fallback
import yaml
try:
    from yaml import CSafeLoader as Loader
except ImportError:
    from yaml import SafeLoader as Loader
cfg = yaml.load(open("c.yaml"), Loader=Loader)
### numpy plain
import numpy as np
a = np.load("a.npy")
b = np.load("b.npz", allow_pickle=False)
### joblib dump
import joblib
joblib.dump({"a": 1}, "x.joblib")
### module method called load
class Store:
    def load(self, path):
        return open(path).read()
store = Store()
store.load("x")
### pandas csv
import pandas as pd
df = pd.read_csv("train.csv")
### tar filter
import tarfile
def unpack(path, target):
    with tarfile.open(path) as tar:
        tar.extractall(target, filter="data")
### tar members checked
import os, tarfile
def unpack(path, target):
    with tarfile.open(path) as tar:
        for member in tar.getmembers():
            full = os.path.realpath(os.path.join(target, member.name))
            if not full.startswith(os.path.realpath(target) + os.sep):
                raise ValueError(member.name)
        tar.extractall(target)
### zip extractall
import zipfile
with zipfile.ZipFile("a.zip") as z:
    z.extractall("out")
### join with constants
import os
def load(folder):
    with open(os.path.join(folder, "config.json")) as f:
        return f.read()
### vocabulary file
import os
class Tokenizer:
    def __init__(self, vocab_file):
        self.vocab_file = vocab_file
        with open(vocab_file, encoding="utf-8") as f:
            self.vocab = f.read().split("\n")
    def save_vocabulary(self, save_directory, filename_prefix=None):
        out = os.path.join(save_directory, (filename_prefix + "-" if filename_prefix else "") + "vocab.txt")
        with open(out, "w") as f:
            f.write("\n".join(self.vocab))
        return (out,)
### flask basename
import os
from flask import request
def view():
    name = os.path.basename(request.args["name"])
    return open(os.path.join("files", name)).read()
### flask secure filename
from flask import Flask, request
from werkzeug.utils import secure_filename
app = Flask(__name__)
@app.route("/up", methods=["POST"])
def up():
    f = request.files["file"]
    f.save("uploads/" + secure_filename(f.filename))
### flask send from directory
from flask import Flask, send_from_directory
app = Flask(__name__)
@app.route("/m/<path:name>")
def m(name):
    return send_from_directory("models", name)
### realpath checked
import os
from fastapi import FastAPI, HTTPException
app = FastAPI()
BASE = os.path.realpath("uploads")
@app.get("/read/{name}")
def read(name: str):
    full = os.path.realpath(os.path.join(BASE, name))
    if os.path.commonpath([BASE, full]) != BASE:
        raise HTTPException(400)
    return open(full).read()
### relative to
from pathlib import Path
from fastapi import FastAPI
app = FastAPI()
BASE = Path("uploads").resolve()
@app.get("/r/{name}")
def r(name: str):
    full = (BASE / name).resolve()
    if not full.is_relative_to(BASE):
        raise ValueError(name)
    return full.read_text()
### allow list
from flask import request
ALLOWED = {"a.txt", "b.txt"}
def view():
    name = request.args["name"]
    if name not in ALLOWED:
        return "no", 404
    return open("files/" + name).read()
### command line path
import sys
with open(sys.argv[1]) as f:
    print(f.read())
### argparse path
import argparse
p = argparse.ArgumentParser()
p.add_argument("path")
args = p.parse_args()
print(open(args.path).read())
### subprocess list
import subprocess
def convert(src, dst):
    subprocess.run(["ffmpeg", "-i", src, dst], check=True)
### os.system constant
import os
os.system("nvidia-smi")
### shell constant
import subprocess
subprocess.run("ls -l | wc -l", shell=True, check=True)
### shell false
import subprocess
def run(cmd):
    subprocess.run(cmd.split(), shell=False)
### shlex quote
import shlex, subprocess
def clean(path):
    subprocess.call("rm -rf " + shlex.quote(path), shell=True)
### constant by name
import os
COMMAND = "git lfs pull"
os.system(COMMAND)
### f-string of constants
import subprocess
PORT = 8080
subprocess.run(f"lsof -i :{PORT}", shell=True)
### number in command
import os
def serve(port):
    os.system(f"python -m http.server {int(port)}")
### loop over constants
import os
for name in ("a", "b"):
    os.system("mkdir -p " + name)
### shlex split
import shlex, subprocess
def run(text):
    subprocess.run(shlex.split(text), check=False)
### sql parameter
import sqlite3
def find(name):
    con = sqlite3.connect("a.db")
    return con.execute("SELECT * FROM users WHERE name = ?", (name,)).fetchall()
### sql percent parameter
def find(cursor, name):
    cursor.execute("SELECT * FROM runs WHERE name = %s", (name,))
### sql placeholders
def find(cur, ids):
    marks = ",".join("?" * len(ids))
    cur.execute(f"SELECT * FROM t WHERE id IN ({marks})", ids)
### sql table constant
TABLE = "runs"
def count(cur):
    return cur.execute(f"SELECT COUNT(*) FROM {TABLE}").fetchone()
### sql integer
def page(cur, n):
    cur.execute("SELECT * FROM t LIMIT %d" % int(n))
### sql allow list
def order(cur, column):
    if column not in ("name", "date"):
        raise ValueError(column)
    cur.execute(f"SELECT * FROM t ORDER BY {column}")
### execute that is no sql
def go(executor, name):
    executor.execute(f"task {name}")
### prompt that is no sql
def prompt(model, text):
    return model.generate(f"Select the best answer: {text}")
### sqlalchemy text
from sqlalchemy import text
def find(session, name):
    return session.execute(text("SELECT * FROM models WHERE name = :n"), {"n": name})
### verify on
import requests
def get(url):
    return requests.get(url, timeout=10)
### verify bundle
import requests
r = requests.get("https://example.org", verify="/etc/ssl/ca.pem")
### verify of something else
def check(result):
    return result.compare(verify=False)
### default context
import ssl
ctx = ssl.create_default_context()
ctx.check_hostname = True
ctx.verify_mode = ssl.CERT_REQUIRED
### no timeout
import requests
print(requests.get("https://example.org/a.json").json())
### assert
def f(x):
    assert x > 0, "positive"
    return x
### sha256
import hashlib
def digest(password):
    return hashlib.sha256(password.encode()).hexdigest()
### md5 not for security
import hashlib
def cache_key(text):
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
### md5 cache
import hashlib
def cache_name(url):
    cache_key = hashlib.md5(url.encode()).hexdigest()
    return f"/tmp/cache/{cache_key}"
### scrypt
import hashlib
def digest(password, salt):
    return hashlib.scrypt(password, salt=salt, n=2**14, r=8, p=1)
### gcm
from Crypto.Cipher import AES
def encrypt(key, data):
    return AES.new(key, AES.MODE_GCM).encrypt_and_digest(data)
### modes gcm
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
def make(key, iv):
    return Cipher(algorithms.AES(key), modes.GCM(iv))
### defused
from defusedxml.ElementTree import fromstring
def parse(data):
    return fromstring(data)
### defused alias
import defusedxml.ElementTree as ET
def parse(path):
    return ET.parse(path)
### lxml hardened
from lxml import etree
def parse(data):
    parser = etree.XMLParser(resolve_entities=False, no_network=True)
    return etree.fromstring(data, parser)
### xml constant
import xml.etree.ElementTree as ET
root = ET.fromstring("<a><b/></a>")
### xml written
import xml.etree.ElementTree as ET
def write(path):
    ET.ElementTree(ET.Element("a")).write(path)
### password from the environment
import os, psycopg2
conn = psycopg2.connect(host="db", password=os.environ["DB_PASSWORD"])
### password placeholder
PASSWORD = "<your password>"
API_KEY = "YOUR_API_KEY"
token = ""
### password field name
PASSWORD_FIELD = "password"
form = {"password": "password"}
### password asked
import getpass
password = getpass.getpass("Password: ")
### special tokens
class Tok:
    def __init__(self, bos_token="<s>", pad_token="<pad>", sep_token="[SEP]"):
        self.pad_token = pad_token
KEY = "attention_mask"
### key names
API_KEY_ENV = "OPENAI_API_KEY"
import os
api_key = os.getenv("OPENAI_API_KEY")
### model eval
def run(model, x):
    model.eval()
    return model(x)
### literal eval
import ast
def parse(text):
    return ast.literal_eval(text)
### eval constant
x = eval("1 + 1")
### exec version file
version = {}
with open("version.py") as f:
    exec(f.read(), version)
### dataframe eval
def f(df):
    return df.eval("a + b")
### getattr of a table
ACT = {"relu": 1}
def act(name):
    return ACT[name]
### pinned
from transformers import AutoModel
model = AutoModel.from_pretrained(
    "someone/model", trust_remote_code=True, revision="0123456789abcdef0123456789abcdef01234567"
)
### no remote code
from transformers import AutoModel
model = AutoModel.from_pretrained("someone/model", trust_remote_code=False)
### local
from transformers import AutoModel
model = AutoModel.from_pretrained("./checkpoint", trust_remote_code=True)
### mkstemp
import tempfile
fd, path = tempfile.mkstemp(suffix=".bin")
### named temporary
import tempfile
with tempfile.NamedTemporaryFile() as f:
    f.write(b"x")
### modelling code
import torch
from torch import nn
class Attention(nn.Module):
    def __init__(self, config):
        super().__init__()
        self.q = nn.Linear(config.hidden_size, config.hidden_size)
    def forward(self, hidden_states, attention_mask=None):
        scores = self.q(hidden_states) @ hidden_states.transpose(-1, -2)
        return torch.softmax(scores, dim=-1)
### download with a hub
from huggingface_hub import hf_hub_download
path = hf_hub_download("org/model", "config.json")
### logging
import logging
logger = logging.getLogger(__name__)
def f(x):
    logger.info(f"select {x} from the list")
### html escaped
import html
from flask import Flask, request
app = Flask(__name__)
@app.route("/hello")
def hello():
    return f"<h1>Hello {html.escape(request.args['name'])}</h1>"
### markupsafe escape
from flask import Flask
from markupsafe import escape
app = Flask(__name__)
@app.route("/user/<name>")
def user(name):
    return f"<p>{escape(name)}</p>"
### markup format
from flask import Flask, request
from markupsafe import Markup
app = Flask(__name__)
@app.route("/m")
def m():
    return Markup("<b>{}</b>").format(request.args["x"])
### flask numbers
from flask import Flask
app = Flask(__name__)
@app.route("/item/<int:number>")
def item(number):
    return f"<p>Item {number}</p>"
### fastapi number
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
app = FastAPI()
@app.get("/n/{number}")
def number(number: int):
    return HTMLResponse(f"<p>{number}</p>")
### fastapi json
from fastapi import FastAPI
app = FastAPI()
@app.get("/greet")
def greet(name: str):
    return f"<{name}>"
### flask template
from flask import Flask, render_template, request
app = Flask(__name__)
@app.route("/t")
def t():
    return render_template("t.html", name=request.args["name"])
### flask json
from flask import Flask, jsonify, request
app = Flask(__name__)
@app.route("/j")
def j():
    return jsonify({"text": f"<b>{request.args['x']}</b>"})
### flask plain text
from flask import Flask, Response, request
app = Flask(__name__)
@app.route("/p")
def p():
    return Response(f"<{request.args['x']}>", mimetype="text/plain")
### gradio heading
import gradio as gr
def header(title):
    return gr.HTML(f"<h1>{title}</h1>")
with gr.Blocks() as demo:
    header("Demo")
### gradio own page
import gradio as gr
VERSION = "1.0"
gr.HTML(f"<center><h1>Model {VERSION}</h1></center>")
### html written to a file
def report(rows, path):
    text = "<table>" + "".join(f"<tr><td>{row}</td></tr>" for row in rows) + "</table>"
    with open(path, "w") as f:
        f.write(text)
### prompt with marks
from flask import Flask, jsonify, request
app = Flask(__name__)
def build(user):
    return f"<|user|>{user}<|end|><s>"
@app.route("/chat", methods=["POST"])
def chat():
    return jsonify(prompt=build(request.json["text"]))
### secrets module
import secrets, string
def generate_password(length=12):
    letters = string.ascii_letters + string.digits
    return "".join(secrets.choice(letters) for _ in range(length))
### system random
import random, string
def generate_password(length=12):
    rng = random.SystemRandom()
    return "".join(rng.choice(string.ascii_letters) for _ in range(length))
### next token
import random
def sample_token(tokens, weights):
    token = random.choices(tokens, weights=weights)[0]
    return token
### masked language model
import random
def mask_tokens(ids, mask_token_id, vocab_size):
    for at in range(len(ids)):
        if random.random() < 0.15:
            token = mask_token_id if random.random() < 0.8 else random.randint(0, vocab_size - 1)
            ids[at] = token
    return ids
### random key of a dictionary
import random
def pick(table):
    key = random.choice(list(table))
    return key, table[key]
### number to guess
import random
secret_number = random.randint(1, 100)
### run name
import random, string
run_name = "".join(random.choices(string.ascii_lowercase, k=6))
### numpy seeds
import numpy as np
seed = np.random.randint(0, 2**31)
### password augmentation
import random
def augment_text(text):
    words = text.split()
    random.shuffle(words)
    return " ".join(words)
### upload secured
import os
from flask import Flask, request
from werkzeug.utils import secure_filename
app = Flask(__name__)
@app.route("/up", methods=["POST"])
def up():
    file = request.files["file"]
    file.save(os.path.join(app.config["UPLOAD_FOLDER"], secure_filename(file.filename)))
    return "ok"
### upload basename
import os
def store(file, folder):
    file.save(os.path.join(folder, os.path.basename(file.filename)))
### picture by its own name
import os
from PIL import Image
def shrink(paths, out):
    for path in paths:
        picture = Image.open(path)
        picture.save(os.path.join(out, os.path.basename(picture.filename)))
### upload under a new name
import uuid
from flask import request
def store():
    file = request.files["file"]
    file.save(f"uploads/{uuid.uuid4().hex}.png")
### connection from the environment
import os
import sqlalchemy
engine = sqlalchemy.create_engine(f"postgresql://{os.environ['DB_USER']}:{os.environ['DB_PASS']}@db/runs")
### connection to this machine
import sqlalchemy
engine = sqlalchemy.create_engine("postgresql://postgres:postgres@localhost:5432/test")
dev = sqlalchemy.create_engine("mysql://root:root12@127.0.0.1/dev")
### connection to be filled in
URL = "postgresql://username:password@hostname:5432/database"
PROXY = "http://user:pass@10.10.1.10:3128"
DOCS = "mongodb+srv://<user>:<password>@cluster0.example.net"
"""
