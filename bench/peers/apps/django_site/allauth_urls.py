# mypy: ignore-errors
"""Sign-in and refresh are allauth's own; `/me` is a view of Django REST framework with allauth's authentication."""

from allauth.headless.contrib.rest_framework.authentication import JWTTokenAuthentication
from django.urls import include, path
from rest_framework.decorators import api_view, authentication_classes
from rest_framework.response import Response


@api_view(["GET"])
@authentication_classes([JWTTokenAuthentication])
def me(request):
    return Response({"id": str(request.user.pk)})


urlpatterns = [path("me", me), path("_allauth/", include("allauth.headless.urls"))]
