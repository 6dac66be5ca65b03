"""The vault's pages in the admin: keys, collections, unlocking, the audit log."""

from django.urls import path

from testimony.vault import collection_views as collections
from testimony.vault import export_views as exports
from testimony.vault import keyholder_views as keyholders
from testimony.vault import lane_views as lanes
from testimony.vault import views

app_name = "vault"

urlpatterns = [
    path("", views.index, name="index"),
    path("unlock/", views.unlock, name="unlock"),
    path("lock/", views.lock, name="lock"),
    path("audit/", views.audit_log, name="audit"),
    path("keys/enrol/", keyholders.enrol, name="enrol"),
    path("keys/words/", keyholders.change_words, name="words"),
    path("keys/code/", keyholders.use_code, name="code"),
    path("keys/start-over/", keyholders.start_over, name="start_over"),
    path("keys/kit/", keyholders.kit, name="kit"),
    path("keys/<uuid:keyholder>/remove/", collections.remove, name="remove"),
    path("recovery-key/", collections.register_recovery_key, name="recovery_key"),
    path("recovery-key/answer/", collections.answer, name="answer"),
    path("collections/new/", collections.create, name="create"),
    path("collections/<uuid:pk>/", collections.detail, name="collection"),
    path("collections/<uuid:pk>/begin/", collections.begin, name="begin"),
    path("collections/<uuid:pk>/renew/", collections.renew, name="renew"),
    path("collections/<uuid:pk>/grant/", collections.grant, name="grant"),
    path("collections/<uuid:pk>/trust/", collections.trust, name="trust"),
    path("collections/<uuid:pk>/retire/<uuid:key>/", collections.retire, name="retire"),
    path("collections/<uuid:pk>/recover/", collections.recover, name="recover"),
    path("collections/<uuid:pk>/hold/", collections.hold, name="hold"),
    path("collections/<uuid:pk>/lift/", collections.lift, name="lift"),
    path("collections/<uuid:pk>/lanes/", lanes.lanes, name="lanes"),
    path("collections/<uuid:pk>/lanes/discard/", lanes.discard, name="discard"),
    path("destroy/", collections.destroy, name="destroy"),
    path("collections/<uuid:pk>/copy/", exports.ask, name="ask_export"),
    path("copies/<uuid:pk>/approve/", exports.approve, name="approve_export"),
    path("copies/<uuid:pk>/write/", exports.write, name="write_export"),
    path("destructions/<uuid:pk>/certificate/", collections.certificate, name="certificate"),
]
