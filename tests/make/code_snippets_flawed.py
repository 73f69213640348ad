"""Snippets of repo code with a known flaw, labelled by CWE, after the examples of the CWE pages; never executed."""

from __future__ import annotations

TEXT = r"""
### 502 torch alias
import torch as t
def load(path):
    return t.load(path, map_location="cpu")
### 502 torch from import
from torch import load
weights = load("model.pt")
### 502 torch explicit false
import torch
state = torch.load("a.bin", "cpu", weights_only=False)
### 502 torch in class
import torch
class Trainer:
    def resume(self, path):
        def inner():
            ckpt = torch.load(path)
            return ckpt["model"]
        return inner()
### 502 torch function by name
import torch
reader = torch.load
model = reader("model.pt")
### 502 pickle file
import pickle
with open("vocab.pkl", "rb") as f:
    vocab = pickle.load(f)
### 502 pickle loads over the net
import pickle as pkl, requests
def fetch(url):
    return pkl.loads(requests.get(url, timeout=5).content)
### 502 unpickler
from pickle import Unpickler
def read(f):
    return Unpickler(f).load()
### 502 joblib
import joblib
clf = joblib.load("classifier.joblib")
### 502 dill
import dill
def restore(blob):
    return dill.loads(blob)
### 502 yaml load
import yaml
cfg = yaml.load(open("cfg.yaml"))
### 502 yaml loader named
from yaml import load, Loader
def conf(text):
    return load(text, Loader=Loader)
### 502 yaml unsafe
import yaml
def conf(stream):
    return yaml.unsafe_load(stream)
### 502 yaml positional
import yaml
def conf(stream):
    return yaml.load(stream, yaml.UnsafeLoader)
### 502 numpy
import numpy as np
feats = np.load("feats.npy", allow_pickle=True)
### 502 numpy positional
from numpy import load as npload
def feats(path):
    return npload(path, None, True)
### 502 marshal
import marshal
def code(data):
    return marshal.loads(data)
### 502 shelve
import shelve
db = shelve.open("cache")
### 502 pandas
import pandas as pd
df = pd.read_pickle("train.pkl")
### 502 walrus
import pickle
def first(f):
    if (obj := pickle.load(f)) is not None:
        return obj
### 502 keyword dict
import numpy
options = {"allow_pickle": True, "mmap_mode": None}
def get(path):
    return numpy.load(path, **options)
### 502 cloudpickle
import cloudpickle
def handler(event):
    return cloudpickle.loads(event["body"])
### 22 tar extractall
import tarfile
def unpack(path, target):
    with tarfile.open(path) as tar:
        tar.extractall(target)
### 22 tar one line
import tarfile
tarfile.open("data.tgz").extractall()
### 22 tar members
import tarfile
def unpack(path):
    tar = tarfile.open(path, "r:gz")
    for member in tar.getmembers():
        tar.extract(member, "out")
    tar.close()
### 22 unpack archive
import shutil
def unpack(path):
    shutil.unpack_archive(path, "out", "gztar")
### 22 flask query
import os
from flask import Flask, request
app = Flask(__name__)
@app.route("/file")
def get_file():
    name = request.args.get("name")
    with open(os.path.join("files", name)) as f:
        return f.read()
### 22 flask route parameter
from flask import Flask, send_file
app = Flask(__name__)
@app.route("/models/<path:name>")
def download(name):
    return send_file("models/" + name)
### 22 fastapi
from pathlib import Path
from fastapi import FastAPI
app = FastAPI()
BASE = Path("uploads")
@app.get("/read/{name}")
async def read(name: str):
    return (BASE / name).read_text()
### 22 argv joined
import os, sys
def main():
    filename = sys.argv[1]
    path = os.path.join(os.getcwd(), filename)
    with open(path) as f:
        print(f.read())
### 22 endpoint handler
class EndpointHandler:
    def __init__(self, path=""):
        self.path = path
    def __call__(self, data):
        image = data["inputs"]
        return open(f"{self.path}/{image}", "rb").read()
### 22 upload name
from fastapi import FastAPI, UploadFile
import shutil
app = FastAPI()
@app.post("/upload")
async def upload(file: UploadFile):
    with open(f"uploads/{file.filename}", "wb") as out:
        shutil.copyfileobj(file.file, out)
### 22 zip by hand
import os, zipfile
def unzip(path, dest):
    z = zipfile.ZipFile(path)
    for name in z.namelist():
        with open(os.path.join(dest, name), "wb") as out:
            out.write(z.read(name))
### 22 delete
import os
from flask import request
def remove():
    os.remove("/srv/data/%s" % request.form["file"])
### 78 os.system f-string
import os
def convert(src, dst):
    os.system(f"ffmpeg -i {src} {dst}")
### 78 os.system concat
import os
def ping(host):
    os.system("ping -c 1 " + host)
### 78 os.system variable
from os import system
def run(cmd):
    system(cmd)
### 78 popen percent
import os
def listing(folder):
    return os.popen("ls -l %s" % folder).read()
### 78 subprocess shell
import subprocess
def clone(repo):
    subprocess.run("git clone {}".format(repo), shell=True, check=True)
### 78 shell later
import subprocess as sp
def clean(path):
    command = "rm -rf "
    command += path
    sp.call(command, shell=True)
### 78 shell flag by name
from subprocess import Popen, PIPE
SHELL = True
def count(pattern):
    return Popen(f"grep -c {pattern} log.txt", shell=SHELL, stdout=PIPE)
### 78 getoutput
import subprocess
def size(path):
    return subprocess.getoutput("du -sh " + path)
### 78 sh -c
import subprocess
def evaluate(model):
    subprocess.check_call(["bash", "-c", f"python eval.py --model {model} > log"])
### 78 input
import os
name = input("file: ")
os.system("cat " + name)
### 78 asyncio
import asyncio
async def run(url):
    proc = await asyncio.create_subprocess_shell(f"curl -O {url}")
    await proc.wait()
### 78 join
import os
def train(args):
    os.system(" ".join(["python", "train.py", "--lr", str(args.lr), "--name", args.name]))
### 78 walrus
import os
def go(host):
    if (cmd := f"nslookup {host}"):
        return os.popen(cmd).read()
### 78 method of class
import subprocess
class Runner:
    def __init__(self, tool):
        self.tool = tool
    def run(self, file):
        cmd = self.tool + " " + file
        return subprocess.check_output(cmd, shell=True)
### 89 f-string
import sqlite3
def find(name):
    con = sqlite3.connect("a.db")
    return con.execute(f"SELECT * FROM users WHERE name = '{name}'").fetchall()
### 89 percent
def find(cursor, name):
    cursor.execute("SELECT * FROM runs WHERE name = '%s'" % name)
    return cursor.fetchone()
### 89 format
def insert(cur, run, score):
    query = "INSERT INTO scores VALUES ('{}', {})".format(run, score)
    cur.execute(query)
### 89 concat
class Store:
    def delete(self, key):
        sql = "DELETE FROM cache WHERE key = '" + key + "'"
        self.cursor.execute(sql)
### 89 grown
def search(db, term, limit):
    q = "select id from docs "
    q += f"where body like '%{term}%' "
    q += "limit " + str(limit)
    return db.execute(q)
### 89 pandas
import pandas as pd
def load(user, conn):
    return pd.read_sql(f"select * from events where user = '{user}'", conn)
### 89 sqlalchemy text
from sqlalchemy import text
def find(session, name):
    return session.execute(text(f"SELECT * FROM models WHERE name = '{name}'"))
### 89 request
from flask import request
import sqlite3
def view():
    uid = request.args["id"]
    cur = sqlite3.connect("x").cursor()
    cur.execute("SELECT * FROM t WHERE id = " + uid)
### 295 verify
import requests
def get(url):
    return requests.get(url, verify=False, timeout=10)
### 295 session
import requests
s = requests.Session()
s.verify = False
r = s.get("https://example.org/model.bin")
### 295 unverified context
import ssl, urllib.request
ctx = ssl._create_unverified_context()
data = urllib.request.urlopen("https://example.org", context=ctx).read()
### 295 default context replaced
import ssl
ssl._create_default_https_context = ssl._create_unverified_context
### 295 check hostname
import ssl
context = ssl.create_default_context()
context.check_hostname = False
context.verify_mode = ssl.CERT_NONE
### 295 httpx
import httpx
client = httpx.Client(verify=False)
### 295 constant
import requests
VERIFY_SSL = False
def post(url, body):
    return requests.post(url, json=body, verify=VERIFY_SSL)
### 295 method of self
class Client:
    def fetch(self, url):
        return self.session.get(url, verify=False)
### 295 keywords
import requests
def get(url):
    options = {"verify": False, "timeout": 3}
    return requests.get(url, **options)
### 295 aiohttp
import aiohttp
async def get(url):
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=False)) as s:
        return await s.get(url)
### 327 md5 of password
import hashlib
def hash_password(password):
    return hashlib.md5(password.encode()).hexdigest()
### 327 sha1 of token
from hashlib import sha1
def sign(token, body):
    return sha1(token + body).hexdigest()
### 327 new
import hashlib
def store(user, pwd):
    h = hashlib.new("md5")
    h.update(pwd.encode())
    user.pw_hash = h.hexdigest()
### 327 des
from Crypto.Cipher import DES
def encrypt(key, data):
    return DES.new(key, DES.MODE_CBC, b"0" * 8).encrypt(data)
### 327 ecb
from Crypto.Cipher import AES
def encrypt(key, data):
    cipher = AES.new(key, AES.MODE_ECB)
    return cipher.encrypt(data)
### 327 cryptography modes
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
def make(key):
    return Cipher(algorithms.AES(key), modes.ECB())
### 327 arc4
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms
def make(key):
    return Cipher(algorithms.ARC4(key), mode=None)
### 327 signature check
import hashlib
def verify_signature(payload, signature, secret):
    expected = hashlib.sha1(secret + payload).hexdigest()
    return expected == signature
### 611 lxml
from lxml import etree
def parse(data):
    parser = etree.XMLParser(resolve_entities=True)
    return etree.fromstring(data, parser)
### 611 lxml default
import lxml.etree as ET
def parse(path):
    return ET.parse(path).getroot()
### 611 elementtree from request
import xml.etree.ElementTree as ET
from flask import request
def view():
    return ET.fromstring(request.data).tag
### 611 minidom
from xml.dom import minidom
def read(text):
    return minidom.parseString(text)
### 611 sax
import xml.sax
def read(stream, handler):
    parser = xml.sax.make_parser()
    parser.setFeature(xml.sax.handler.feature_external_ges, True)
    parser.setContentHandler(handler)
    parser.parse(stream)
### 798 password
import psycopg2
DB_PASSWORD = "s3cr3t-Passw0rd"
conn = psycopg2.connect(host="db", user="ml", password=DB_PASSWORD)
### 798 keyword
import pymysql
conn = pymysql.connect(host="localhost", user="root", password="hunter2!")
### 798 comparison
def login(user, password):
    if password == "Mew!2024":
        return True
    return False
### 798 api key
class Client:
    api_key = "9f8b7c6d5e4f3a2b1c0d9e8f7a6b5c4d"
### 798 dictionary
CONFIG = {"user": "admin", "password": "Tr0ub4dor&3"}
### 94 eval of input
expr = input("expression: ")
print(eval(expr))
### 94 eval of parameter
def activation(name):
    return eval(f"torch.nn.{name}")
### 94 exec of request
from flask import request
def view():
    exec(request.form["code"])
### 94 exec of parameter
def run(code):
    scope = {}
    exec(code, scope)
    return scope
### 94 builtins
import builtins, sys
builtins.eval(sys.argv[1])
### 829 unpinned
from transformers import AutoModel
model = AutoModel.from_pretrained("someone/model", trust_remote_code=True)
### 829 pipeline
from transformers import pipeline
pipe = pipeline("text-generation", model="someone/model", trust_remote_code=True)
### 829 branch
import transformers
tok = transformers.AutoTokenizer.from_pretrained("a/b", trust_remote_code=True, revision="main")
### 829 dataset
from datasets import load_dataset
ds = load_dataset("someone/data", trust_remote_code=True)
### 829 variable
from transformers import AutoModelForCausalLM as M
NAME = "someone/model"
kwargs = dict(trust_remote_code=True, torch_dtype="auto")
model = M.from_pretrained(NAME, **kwargs)
### 377 mktemp
import tempfile
path = tempfile.mktemp(suffix=".bin")
### 377 from import
from tempfile import mktemp
def scratch():
    with open(mktemp(), "w") as f:
        f.write("x")
### 79 flask f-string
from flask import Flask, request
app = Flask(__name__)
@app.route("/hello")
def hello():
    return f"<h1>Hello {request.args['name']}</h1>"
### 79 flask route parameter
from flask import Flask
app = Flask(__name__)
@app.route("/user/<name>")
def user(name):
    return "<p>User " + name + "</p>"
### 79 flask format
from flask import Flask, request
app = Flask(__name__)
@app.get("/search")
def search():
    query = request.args.get("q", "")
    return "<b>Results for {}</b>".format(query)
### 79 flask percent, page in a variable
import flask
app = flask.Flask(__name__)
@app.route("/echo", methods=["POST"])
def echo():
    text = flask.request.form["text"]
    page = "<html><body>%s</body></html>" % text
    return page
### 79 flask make_response
from flask import Flask, make_response, request
app = Flask(__name__)
@app.route("/r")
def r():
    return make_response(f"<div>{request.args.get('x')}</div>", 200)
### 79 flask status beside the page
from flask import Flask, request
app = Flask(__name__)
@app.errorhandler(404)
def lost(error):
    return f"<h1>{request.path} is not here</h1>", 404
### 79 markup
from flask import Flask, render_template, request
from markupsafe import Markup
app = Flask(__name__)
@app.route("/m")
def m():
    note = Markup(request.args["note"])
    return render_template("m.html", note=note)
### 79 fastapi html response
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
app = FastAPI()
@app.get("/greet")
async def greet(name: str = ""):
    return HTMLResponse(content=f"<h1>Hi {name}</h1>")
### 79 starlette
from starlette.responses import HTMLResponse
async def page(request):
    name = request.query_params["name"]
    return HTMLResponse("<p>" + name + "</p>")
### 79 django
from django.http import HttpResponse
def view(request):
    return HttpResponse("<h1>%s</h1>" % request.GET["title"])
### 79 gradio render
import gradio as gr
with gr.Blocks() as demo:
    box = gr.Textbox()
    @gr.render(inputs=box)
    def show(text):
        gr.HTML(f"<b>{text}</b>")
### 330 password
import random, string
def generate_password(length=12):
    letters = string.ascii_letters + string.digits
    return "".join(random.choice(letters) for _ in range(length))
### 330 token
import random
import string
token = "".join(random.choices(string.ascii_letters + string.digits, k=32))
### 330 secret key
import random
from flask import Flask
app = Flask(__name__)
app.secret_key = str(random.getrandbits(64))
### 330 one-time code
from random import randint
def send_otp(mail):
    otp = randint(100000, 999999)
    mail.send(f"Your code is {otp}")
### 330 session id
import random
def new_session(user):
    session_id = random.randint(0, 2**32)
    return {"id": session_id, "user": user}
### 330 api key
import random, string
class Account:
    def make_api_key(self):
        return "sk-" + "".join(random.sample(string.hexdigits, 16))
### 330 numpy
import numpy as np
reset_token = np.random.randint(0, 10**9)
### 22 upload by its name
import os
from flask import Flask, request
app = Flask(__name__)
@app.route("/up", methods=["POST"])
def up():
    file = request.files["file"]
    file.save(os.path.join(app.config["UPLOAD_FOLDER"], file.filename))
    return "ok"
### 22 upload in a function of its own
import os
def store(uploaded_file, folder):
    uploaded_file.save(os.path.join(folder, uploaded_file.filename))
### 22 upload f-string
from flask import request
def store():
    for one in request.files.getlist("images"):
        one.save(f"uploads/{one.filename}")
### 798 connection string
import sqlalchemy
engine = sqlalchemy.create_engine("postgresql://ml:Zq7w3X@db.corp.net:5432/runs")
### 798 proxy
import requests
PROXY = "http://svc-fetch:Vt9!kd82@proxy.corp.net:3128"
requests.get("https://huggingface.co", proxies={"https": PROXY}, timeout=5)
### 798 redis without user
import redis
store = redis.from_url("redis://:Xk4n9w@cache.internal:6379/0")
"""
